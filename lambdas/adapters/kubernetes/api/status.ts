/** Refusals of the API server: the Status object in a failed answer, and what it means for the whole cluster. */
import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js';
import * as z from 'zod/mini';
import { ClusterAway, ClusterError, ClusterRefused, PatchRefused } from '../../../core/kubernetes/cluster-error.ts';

/** The parts of a Status that decisions use. The message is the server's own; on a 403 it names verb and resource. */
export interface Status {
  readonly code: number;
  readonly message: string;
  readonly reason?: string | undefined;
  readonly causes: readonly { readonly reason?: string | undefined; readonly message?: string | undefined }[];
  /** Seconds, from the Retry-After header, else from the Status. */
  readonly retryAfterSeconds?: number | undefined;
}

const statusSchema = z.object({
  message: z.optional(z.string()),
  reason: z.optional(z.string()),
  details: z.optional(
    z.object({
      causes: z.optional(z.array(z.object({ reason: z.optional(z.string()), message: z.optional(z.string()) }))),
      retryAfterSeconds: z.optional(z.number()),
    }),
  ),
});

/** Undefined when `error` is no answer of the server. A body that is no Status (a proxy's page) becomes the message. */
export function statusOf(error: unknown): Status | undefined {
  if (!(error instanceof ApiException)) return undefined;
  const { code, body, headers } = error as ApiException<unknown>;
  const { message, reason, details } =
    statusSchema.safeParse(typeof body === 'string' ? parsed(body) : body).data ?? {};
  const words = typeof body === 'string' ? body.slice(0, 500) : '';
  return {
    code,
    message: message ?? `HTTP ${code} ${words}`,
    reason,
    causes: details?.causes ?? [],
    retryAfterSeconds: retryAfter(headers) ?? details?.retryAfterSeconds,
  };
}

/** Reads the header, seconds. The API server never sends its other form, a date. */
function retryAfter(headers: Readonly<Record<string, string>>): number | undefined {
  const header = headers['retry-after'];
  return header !== undefined && Number(header) >= 0 ? Number(header) : undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** Whether an admission webhook denies the request. The webhook chooses the code, so the message decides. */
export function isDeniedByWebhook({ message }: Pick<Status, 'message'>): boolean {
  return /admission webhook .*denied/.test(message);
}

/**
 * Whether the authorizer refuses us (RBAC, EKS access policies, an authorization webhook): it refuses that verb on that
 * resource for all objects. Other 403s are admission's refusal of one object (`… is forbidden: exceeded quota`).
 */
export function isLackOfRights({ code, message }: Pick<Status, 'code' | 'message'>): boolean {
  return code === 403 && /\bforbidden: User "(?:[^"\\]|\\.)*" cannot /.test(message);
}

/**
 * Awaits a call; returns undefined for a 404. 403 and 401 become ClusterRefused with the server's words, 429 and 5xx
 * ClusterAway.
 */
export async function unlessMissing<Answer>(call: Promise<Answer>): Promise<Answer | undefined> {
  try {
    return await call;
  } catch (error) {
    if (statusOf(error)?.code === 404) return undefined;
    throw clusterErrorOf(error);
  }
}

/** Returns ClusterAway or ClusterRefused if the failure concerns the whole cluster, else the error itself. */
export function clusterErrorOf(error: unknown): unknown {
  const status = statusOf(error);
  if (error instanceof ClusterError || status === undefined) return error;
  if (status.code === 401 || status.code === 403) return refusalBy(status, error);
  if (status.code === 429 || status.code >= 500) return new ClusterAway(status.message, { cause: error });
  return error;
}

/**
 * Returns the error for a failed patch. PatchRefused lasts (contract 6.3): a webhook or a policy denies it, or the
 * object would be too large or invalid. ClusterAway passes.
 */
export function patchFailure(error: unknown): unknown {
  const status = statusOf(error);
  if (status === undefined || status.code === 401 || isLackOfRights(status)) return clusterErrorOf(error);
  if (status.code >= 500 || status.code === 429 || status.code === 408) {
    return new ClusterAway(status.message, { cause: error });
  }
  return new PatchRefused(status.message, { cause: error });
}

const HOW_TO_GRANT =
  'give Ebb its rights there as an administrator of the cluster, npm run -s cluster-role | kubectl apply -f -';

/** Returns the server's refusal. Where rights are missing, it names the command that grants them. */
export function refusalBy(status: Status, cause: unknown): ClusterRefused {
  const { message } = status;
  return new ClusterRefused(isLackOfRights(status) ? `${message}: ${HOW_TO_GRANT}` : message, { cause });
}
