/** How an answer or a refusal is written in each of AWS's protocols. */
import { types } from 'node:util';
import type { AwsError } from './aws-error.ts';
import { writeXml } from './xml.ts';

/** `query` Auto Scaling, Elastic Load Balancing and STS; `ec2` EC2's own; `json` awsJson1.1; `rest-json` EKS and Lambda. */
export type Protocol = 'query' | 'ec2' | 'json' | 'rest-json';

/** The fields of an answer. Dates are written as the protocol wants them; undefined fields are left out. */
export type Fields = Readonly<Record<string, unknown>>;

/** An answer that is not plain fields: its own status, headers and body. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly raw: string | Buffer;
}

export type Answer = Fields | RawAnswer;

export interface WireAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
}

/** Where an answer belongs: the action and the XML namespace of its service. */
export interface AnswerContext {
  readonly protocol: Protocol;
  readonly action: string;
  readonly namespace?: string;
  readonly requestId: string;
}

export function renderAnswer(answer: Answer, context: AnswerContext): WireAnswer {
  if (isRaw(answer)) return { status: answer.status, headers: answer.headers, body: answer.raw };
  switch (context.protocol) {
    case 'query':
      return xmlAnswer(200, `${context.action}Response`, {
        ...namespaceOf(context),
        [`${context.action}Result`]: xmlFields(answer),
        ResponseMetadata: { RequestId: context.requestId },
      });
    case 'ec2':
      return xmlAnswer(200, `${context.action}Response`, {
        ...namespaceOf(context),
        requestId: context.requestId,
        ...(xmlFields(answer) as object),
      });
    case 'json':
    case 'rest-json':
      return jsonAnswer(200, jsonFields(answer), context);
  }
}

export function renderError(error: AwsError, context: AnswerContext): WireAnswer {
  const Type = error.status >= 500 ? 'Receiver' : 'Sender';
  switch (context.protocol) {
    case 'query':
      return xmlAnswer(error.status, 'ErrorResponse', {
        ...namespaceOf(context),
        Error: { Type, Code: error.code, Message: error.message },
        RequestId: context.requestId,
      });
    case 'ec2':
      return xmlAnswer(error.status, 'Response', {
        Errors: { Error: { Code: error.code, Message: error.message } },
        RequestID: context.requestId,
      });
    case 'json':
      return jsonAnswer(error.status, { __type: error.code, message: error.message }, context);
    case 'rest-json': {
      const answer = jsonAnswer(
        error.status,
        { Type: 'User', message: error.message, Message: error.message },
        context,
      );
      return { ...answer, headers: { ...answer.headers, 'x-amzn-errortype': error.code } };
    }
  }
}

/** The `member` list of the query protocol. */
export function members<T>(items: readonly T[]): { member: readonly T[] } | '' {
  return items.length === 0 ? '' : { member: items };
}

/** The `item` list of EC2. */
export function items<T>(all: readonly T[]): { item: readonly T[] } | '' {
  return all.length === 0 ? '' : { item: all };
}

function isRaw(answer: Answer): answer is RawAnswer {
  return 'raw' in answer;
}

function xmlAnswer(status: number, root: string, content: Fields): WireAnswer {
  const body = `<?xml version="1.0" encoding="UTF-8"?>\n${writeXml(root, content)}`;
  return { status, headers: { 'content-type': 'text/xml' }, body };
}

function namespaceOf(context: AnswerContext): Fields {
  return context.namespace === undefined ? {} : { '@xmlns': context.namespace };
}

function xmlFields(value: unknown): unknown {
  return mapFields(value, (date) => date.toISOString());
}

/** Timestamps in JSON answers are seconds since the epoch, with a fraction. */
function jsonFields(value: unknown): unknown {
  return mapFields(value, (date) => date.getTime() / 1000);
}

function mapFields(value: unknown, date: (value: Date) => unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => mapFields(each, date));
  // Not instanceof: a driven clock that is installed replaces the global Date.
  if (types.isDate(value)) return date(value);
  const mapped: Record<string, unknown> = {};
  for (const [name, each] of Object.entries(value)) {
    if (each !== undefined) mapped[name] = mapFields(each, date);
  }
  return mapped;
}

function jsonAnswer(status: number, fields: unknown, context: AnswerContext): WireAnswer {
  const type = context.protocol === 'json' ? 'application/x-amz-json-1.1' : 'application/json';
  return {
    status,
    headers: { 'content-type': type, 'x-amzn-requestid': context.requestId },
    body: JSON.stringify(fields),
  };
}
