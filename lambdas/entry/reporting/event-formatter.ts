import { LogFormatter, LogItem } from '@aws-lambda-powertools/logger';
import type { LogAttributes, UnformattedAttributes } from '@aws-lambda-powertools/logger/types';

/** One flat line: time, level, the event's own fields. */
export class EventFormatter extends LogFormatter {
  override formatAttributes(attributes: UnformattedAttributes, additional: LogAttributes): LogItem {
    const { timestamp, logLevel, serviceName, message, lambdaContext } = attributes;
    const type = typeof additional.type === 'string' ? {} : { message };
    const line: LogAttributes = {
      time: timestamp.toISOString(),
      level: logLevel,
      ...type,
      ...additional,
      service: serviceName,
      ...(lambdaContext && { requestId: lambdaContext.awsRequestId }),
    };
    return new LogItem({ attributes: line });
  }
}
