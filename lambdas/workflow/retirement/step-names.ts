/** Names of the steps that retirement-record.ts reads back from a run's history. */
export const STEP = { verify: 'verify', find: 'find-node', isolate: 'isolate' } as const;
