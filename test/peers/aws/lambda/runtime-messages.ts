/** What the peer and a sandbox's runtime loop say to each other. */

/** What a worker is started with. */
export interface RuntimeStart {
  /** The driven clock's offset. */
  readonly offset: SharedArrayBuffer;
  /** An Int32 that the frozen runtime waits on: the number of invocations handed out. */
  readonly thaw: SharedArrayBuffer;
  /** A Float64: when the runtime's next timer is due, epoch milliseconds; 0 when it has none. */
  readonly nextTimer: SharedArrayBuffer;
  /** Two Int32: how many of its requests wait for an answer, and how many signs of life its connections and timers have given. */
  readonly traffic: SharedArrayBuffer;
  readonly directory: string;
  readonly handler: string;
  readonly functionName: string;
  readonly memorySize: number;
}

/** One invocation. */
export interface RuntimeInvocation {
  readonly requestId: string;
  readonly invokedFunctionArn: string;
  readonly version: string;
  /** Driven epoch milliseconds at which the function is timed out. */
  readonly deadline: number;
  /** JSON. */
  readonly event: string;
}

/** An error as Lambda reports it. */
export interface RuntimeError {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace?: readonly string[];
}

/** Asks whether anything is going on in the function; the answer shows that its thread has had its turn. */
export interface RuntimeQuestion {
  readonly question: number;
}

export type RuntimeReport =
  | { readonly kind: 'ready' }
  /** @property working whether something is under way that is neither a timer nor a connection */
  | { readonly kind: 'answer'; readonly question: number; readonly working: boolean }
  | { readonly kind: 'init-error'; readonly error: RuntimeError }
  | { readonly kind: 'output'; readonly stream: 'stdout' | 'stderr'; readonly text: string }
  | { readonly kind: 'result'; readonly requestId: string; readonly payload: string }
  | { readonly kind: 'error'; readonly requestId: string; readonly error: RuntimeError };
