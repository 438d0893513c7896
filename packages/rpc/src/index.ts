export {
  type CallContext,
  createServiceCaller,
  type ServiceCaller,
  type ServiceCallerOptions,
} from './service-caller.ts';
