import { request } from 'node:http';
import { connect } from 'node:net';
import { readRpcResponse, type RpcResponse } from './read-rpc-document.js';

/** A value as XML-RPC carries it (http://xmlrpc.com/spec.md); nil and dates are not used by supervisord. */
export type RpcValue = string | number | boolean | readonly RpcValue[] | { readonly [name: string]: RpcValue };

/** One method with its arguments. */
export interface RpcCall {
  readonly method: string;
  readonly params: readonly RpcValue[];
}

/** Where an XML-RPC server listens, and who we are to it. */
export interface RpcEndpoint {
  readonly address:
    | { readonly kind: 'unix'; readonly path: string }
    | { readonly kind: 'inet'; readonly host: string; readonly port: number };
  readonly credentials: { readonly username: string; readonly password: string } | null;
}

/** The server understood the call and refused it. */
export class RpcFault extends Error {
  readonly code: number;

  constructor(code: number, text: string) {
    super(text);
    this.name = 'RpcFault';
    this.code = code;
  }
}

/** The server could not be asked: nothing listens, it does not answer, or it answers something else than XML-RPC. */
export class RpcTransportError extends Error {
  /** The system's word for it (ECONNREFUSED, ENOENT …), or `HTTP 401`. */
  readonly reason: string;

  constructor(reason: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RpcTransportError';
    this.reason = reason;
  }
}

const escapeXml = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('\r', '&#13;');

const encodeValue = (value: RpcValue): string => {
  if (typeof value === 'string') return `<value><string>${escapeXml(value)}</string></value>`;
  if (typeof value === 'number') return `<value><int>${value}</int></value>`;
  if (typeof value === 'boolean') return `<value><boolean>${value ? 1 : 0}</boolean></value>`;
  if (isList(value)) return `<value><array><data>${value.map(encodeValue).join('')}</data></array></value>`;
  const members = Object.entries(value).map(
    ([name, member]) => `<member><name>${escapeXml(name)}</name>${encodeValue(member)}</member>`,
  );
  return `<value><struct>${members.join('')}</struct></value>`;
};

const isList = (value: RpcValue): value is readonly RpcValue[] => Array.isArray(value);

/** The document of one call. */
export const encodeCall = ({ method, params }: RpcCall): string =>
  `<?xml version="1.0"?><methodCall><methodName>${escapeXml(method)}</methodName><params>${params
    .map((value) => `<param>${encodeValue(value)}</param>`)
    .join('')}</params></methodCall>`;

/**
 * The result in the document of a response.
 *
 * @throws RpcFault when it is a fault, RpcTransportError when it is no response.
 */
export const decodeResponse = (xml: string): RpcValue => {
  const notXmlRpc = (cause?: unknown): RpcTransportError =>
    new RpcTransportError('not XML-RPC', `the answer is not XML-RPC: ${xml.slice(0, 200)}`, { cause });
  let response: RpcResponse;
  try {
    response = readRpcResponse(xml);
  } catch (cause) {
    throw notXmlRpc(cause);
  }
  if (response.kind === 'fault') throw faultIn(response.value) ?? notXmlRpc();
  return response.value;
};

/** The fault that a struct describes (also one of several results of system.multicall), or null if it does not. */
export const faultIn = (value: RpcValue): RpcFault | null => {
  if (typeof value !== 'object' || isList(value)) return null;
  const { faultCode, faultString } = value;
  if (typeof faultCode !== 'number') return null;
  return new RpcFault(faultCode, typeof faultString === 'string' ? faultString : '');
};

const post = (
  { address, credentials }: RpcEndpoint,
  body: string,
  signal: AbortSignal,
): Promise<{ status: number; text: string }> =>
  new Promise((resolve, reject) => {
    const target = address.kind === 'unix' ? { path: address.path } : { host: address.host, port: address.port };
    const sent = request(
      {
        ...(address.kind === 'unix' ? {} : target),
        method: 'POST',
        path: '/RPC2',
        // A connection per call: supervisord may be restarted between two of them. Without one of Node's agents, which
        // take longer to decide on a connection than to make it.
        createConnection: () => connect(target),
        signal,
        headers: { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) },
        ...(credentials === null ? {} : { auth: `${credentials.username}:${credentials.password}` }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', fail);
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') });
        });
      },
    );
    const fail = (cause: Error): void => {
      const reason = 'code' in cause && typeof cause.code === 'string' ? cause.code : 'failed';
      reject(new RpcTransportError(reason, cause.message, { cause }));
    };
    sent.on('error', fail);
    sent.end(body);
  });

/**
 * Calls one method.
 *
 * @param signal aborted: nobody waits for the answer any more
 * @throws RpcFault when the server refuses, RpcTransportError when it cannot be asked.
 */
export const callRpc = async (endpoint: RpcEndpoint, call: RpcCall, signal: AbortSignal): Promise<RpcValue> => {
  const { status, text } = await post(endpoint, encodeCall(call), signal);
  if (status !== 200) throw new RpcTransportError(`HTTP ${status}`, `the server answered with HTTP status ${status}`);
  return decodeResponse(text);
};
