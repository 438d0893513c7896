import { initService } from '@plinth/service';
import type { PlacementService } from './placement/placement.service.ts';

export interface Services {
  placements: PlacementService;
}

export const { router, procedure } = initService<Services>();
