/** Guests of a compute host: Nova's servers, in the domain's own shape. */

export interface Guest {
  readonly id: string;
  readonly name: string;
  /** Id of the project that owns it. */
  readonly tenant: string;
  /** Nova's word: ACTIVE, SHUTOFF, MIGRATING, VERIFY_RESIZE, … */
  readonly status: string;
  /** What Nova does with it now, such as `migrating`; absent while it does nothing. */
  readonly task?: string;
  /** The compute host that has it; absent when none has, such as while it is scheduled. */
  readonly host?: string;
  /** Why it is in ERROR, in Nova's words. */
  readonly fault?: string;
}

/** Nova's answer to what is asked of one guest. */
export type GuestAnswer =
  | { readonly kind: 'accepted' }
  /** There is no such guest, or no such migration, any more. */
  | { readonly kind: 'gone' }
  /** Nova does something with it already, so that another look decides. */
  | { readonly kind: 'busy'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Nova failed or did not answer: it may have done it. */
  | { readonly kind: 'unknown'; readonly reason: string };

/** How a guest leaves its host (contract 11.3), or why it cannot. */
export type Way =
  | { readonly kind: 'live' }
  | { readonly kind: 'cold' }
  /** Not as it is now, but soon. */
  | { readonly kind: 'later'; readonly reason: string }
  /** Not until a person changes something. */
  | { readonly kind: 'none'; readonly reason: string };

/** Statuses in which Nova migrates, by how; all others it refuses with 409. */
const WAYS: Readonly<Record<string, 'live' | 'cold'>> = { ACTIVE: 'live', PAUSED: 'live', SHUTOFF: 'cold' };

/** Statuses that last until a person does something, with what to do. */
const LASTING: Readonly<Record<string, string>> = {
  SUSPENDED: 'it is suspended, and Nova migrates no suspended guest: resume it',
  RESCUE: 'it is in rescue, and Nova migrates no such guest: unrescue it',
  SHELVED: 'it is shelved and its disk is still here: unshelve or offload it',
  SOFT_DELETED: 'it is deleted and can still be restored: delete it for good, or restore it',
  VERIFY_RESIZE: 'its resize waits for its owner: confirm or revert it',
};

/** Decides how a guest leaves, by its status alone. */
export function wayOf({ status, task, fault }: Guest): Way {
  if (task !== undefined) return { kind: 'later', reason: `Nova is busy with it (${task})` };
  if (status === 'ERROR') return { kind: 'none', reason: `it is in ERROR${fault === undefined ? '' : `: ${fault}`}` };
  const way = WAYS[status];
  if (way !== undefined) return { kind: way };
  const lasting = LASTING[status];
  return lasting === undefined ? { kind: 'later', reason: `it is ${status}` } : { kind: 'none', reason: lasting };
}
