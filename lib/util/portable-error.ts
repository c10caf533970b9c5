// Carries a thrown value from another process or thread to the caller. Serializing an error would drop its class and
// its properties. Both sides load this module.
import { types } from 'node:util';

export interface PortableError {
  /** The thrown value, if it is no Error; as text if it cannot be sent. */
  thrown?: unknown;
  name: string;
  message: string;
  stack: string;
  properties: Record<string, unknown>;
}

const CLASSES = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];

type Test = (value: unknown) => boolean;

/** `sendable`: whether a value can be sent. `whole`: whether an error arrives unchanged when sent as it is. */
export function toPortable(error: unknown, sendable: Test, whole: Test = () => false): PortableError {
  if (!(types.isNativeError(error) || error instanceof Error) || whole(error)) {
    const thrown = sendable(error) ? error : String(error);
    return { thrown, name: '', message: '', stack: '', properties: {} };
  }
  const properties: Record<string, unknown> = {};
  for (const key of Object.keys(error)) {
    const value = (error as unknown as Record<string, unknown>)[key];
    if (sendable(value)) properties[key] = value;
  }
  const { name, message, cause } = error;
  if (cause !== undefined && sendable(cause)) properties.cause = cause;
  return { name: String(name), message: String(message), stack: String(error.stack), properties };
}

export function fromPortable(portable: PortableError): unknown {
  if (portable.name === '' && portable.stack === '') return portable.thrown;
  const { name, message, stack, properties } = portable;
  const Class = CLASSES.find((each) => each.name === name) ?? Error;
  const error = new Class(message);
  const hidden = { configurable: true, enumerable: false, writable: true };
  if (error.name !== name) Object.defineProperty(error, 'name', { ...hidden, value: name });
  Object.defineProperty(error, 'stack', { ...hidden, value: stack });
  return Object.assign(error, properties);
}
