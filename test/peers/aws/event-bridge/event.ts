/** An event as EventBridge delivers it. */
export interface AwsEvent {
  readonly version: '0';
  readonly id: string;
  readonly 'detail-type': string;
  readonly source: string;
  readonly account: string;
  /** To the second, as EventBridge writes it. */
  readonly time: string;
  readonly region: string;
  readonly resources: readonly string[];
  readonly detail: Readonly<Record<string, unknown>>;
}

/** What a sender says; the bus adds the rest. */
export type EventDraft = Pick<AwsEvent, 'detail-type' | 'source' | 'resources' | 'detail'>;

export interface Bus {
  put(event: EventDraft): AwsEvent;
}
