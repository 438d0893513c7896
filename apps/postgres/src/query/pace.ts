// How long statements of one kind take, by those that were run: a decaying average.

export interface Pace {
  /** Undefined as long as none was run. */
  readonly ms: number | undefined;
  took(ms: number): void;
}

const WEIGHT = 0.2;

export function createPace(): Pace {
  return new DecayingAverage();
}

class DecayingAverage implements Pace {
  ms: number | undefined;

  took(ms: number): void {
    this.ms = this.ms === undefined ? ms : this.ms + WEIGHT * (ms - this.ms);
  }
}
