export { createReplicas, type Replica, type Replicas } from './replicas.ts';
export {
  type CallContext,
  createServiceCaller,
  type ServiceCaller,
  type ServiceCallerOptions,
} from './service-caller.ts';
