// Whether ops that begin are tracked, so that listPending() lists them.

let requests = 0;

/** Counts the requests for tracking, so that several packages can use it independently. */
export function setTracking(on: boolean): void {
  requests = on ? requests + 1 : Math.max(0, requests - 1);
}

export const isTracking = (): boolean => requests > 0;
