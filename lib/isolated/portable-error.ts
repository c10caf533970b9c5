// What was thrown in a helper, on its way to whoever called: errors lose their class and their properties when they are
// serialized. Loaded on both sides.

export interface PortableError {
  /** Something that is no Error was thrown: it, as far as it can be sent. */
  thrown?: unknown;
  name: string;
  message: string;
  stack: string;
  properties: Record<string, unknown>;
}

const CLASSES = [EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError];

/** `sendable` says whether a value can be sent. */
export function toPortable(error: unknown, sendable: (value: unknown) => boolean): PortableError {
  if (!(error instanceof Error)) {
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
