/** The operations of one durable execution: what they are, what a replay needs, and what the function was not told yet. */
import { AwsError } from '../../wire/aws-error.ts';
import type { ExecutionHistory } from './execution-history.ts';
import { applyUpdate, checkUpdate, hasEnded, type DurableOperation, type Update } from './operations-state.ts';

export class OperationLog {
  readonly #history: ExecutionHistory;
  readonly #operations = new Map<string, DurableOperation>();
  /** Changed by the service and not yet told to the function. */
  readonly #untold = new Set<string>();
  #retries = 0;

  /** @param execution the operation that stands for the execution itself */
  constructor(execution: DurableOperation, history: ExecutionHistory) {
    this.#operations.set(execution.Id, execution);
    this.#history = history;
  }

  /**
   * What counts towards the limit of operations: every operation once, whatever its kind, and each retry of a step or
   * poll of a condition once more (platform 2.4); the execution itself does not count.
   */
  get count(): number {
    return this.#operations.size - 1 + this.#retries;
  }

  /** The count after these updates. */
  countAfter(updates: readonly Update[]): number {
    const own = updates.filter(({ Type }) => Type !== 'EXECUTION');
    const added = new Set(own.map(({ Id }) => Id).filter((id) => !this.#operations.has(id)));
    return this.count + added.size + own.filter(isRetry).length;
  }

  /** Every operation, the execution's own first. */
  get all(): readonly DurableOperation[] {
    return [...this.#operations.values()];
  }

  get hasUntold(): boolean {
    return this.#untold.size > 0;
  }

  /** Whether something is left that can wake the execution. */
  get pending(): boolean {
    return this.all.some((each) => each.Type !== 'EXECUTION' && each.Type !== 'CONTEXT' && !hasEnded(each));
  }

  find(id: string): DurableOperation | undefined {
    return this.#operations.get(id);
  }

  /** Takes what the service itself changed; the function is told at its next call or invocation. */
  change(operation: DurableOperation, at: Date): void {
    this.#set(operation);
    this.#history.addOperation(at, operation);
  }

  /**
   * Applies all updates or none; answers the operations that they were about.
   * @throws AwsError InvalidParameterValueException
   */
  apply(updates: readonly Update[], now: Date): readonly DurableOperation[] {
    const draft = new Map<string, DurableOperation>();
    const passed: DurableOperation[] = [];
    for (const update of updates) {
      if (update.Type === 'EXECUTION') continue;
      const existing = draft.get(update.Id) ?? this.#operations.get(update.Id);
      this.#checkParent(update, draft);
      checkUpdate(update, existing);
      const after = applyUpdate(update, existing, now);
      draft.set(update.Id, after);
      // An update may end what none has started.
      if (after.Status !== 'STARTED' && existing?.Status !== 'STARTED') passed.push({ ...after, Status: 'STARTED' });
      passed.push(after);
    }
    for (const operation of passed) this.#history.addOperation(now, operation);
    for (const operation of draft.values()) this.#set(operation);
    this.#retries += updates.filter(isRetry).length;
    return [...draft.values()];
  }

  /** What the function has not been told; it counts as told from now on. */
  takeUntold(): DurableOperation[] {
    const untold = [...this.#untold].flatMap((id) => this.#operations.get(id) ?? []);
    this.#untold.clear();
    return untold;
  }

  /** The operations that a replay needs: children of a finished context are left out unless it replays them. */
  replayState(): DurableOperation[] {
    const left = new Set<string>();
    return this.all.filter((operation) => {
      const parent = this.#operations.get(operation.ParentId ?? '');
      if (parent === undefined) return true;
      const closed = parent.Type === 'CONTEXT' && hasEnded(parent);
      if (!left.has(parent.Id) && !(closed && parent.ContextDetails?.ReplayChildren !== true)) return true;
      left.add(operation.Id);
      return false;
    });
  }

  #set(operation: DurableOperation): void {
    this.#operations.set(operation.Id, operation);
    this.#untold.add(operation.Id);
  }

  #checkParent(update: Update, draft: ReadonlyMap<string, DurableOperation>): void {
    if (update.ParentId === undefined) return;
    const parent = draft.get(update.ParentId) ?? this.#operations.get(update.ParentId);
    if (parent?.Type !== 'CONTEXT')
      throw new AwsError('InvalidParameterValueException', 'Invalid parent operation id.');
  }
}

function isRetry({ Action }: Update): boolean {
  return Action === 'RETRY';
}
