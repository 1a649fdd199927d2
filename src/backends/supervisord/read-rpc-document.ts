import type { RpcValue } from './xml-rpc.js';

/** What a server's answer says: a value, or the value that describes a fault. */
export interface RpcResponse {
  readonly kind: 'result' | 'fault';
  readonly value: RpcValue;
}

interface ElementToken {
  readonly kind: 'open' | 'close';
  readonly name: string;
}
type Token = ElementToken | { readonly kind: 'text'; readonly text: string } | { readonly kind: 'end' };

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

const unescapeXml = (text: string): string =>
  text.includes('&')
    ? text.replace(/&(?:#(\d+)|#x([0-9A-Fa-f]+)|(lt|gt|amp|quot|apos));/g, (whole, decimal, hex, name) => {
        if (typeof name === 'string') return entities[name] ?? whole;
        return String.fromCodePoint(typeof hex === 'string' ? Number.parseInt(hex, 16) : Number(decimal));
      })
    : text;

/**
 * A member of a struct as nearly all are, in one look: plain text or a number, without entities, attributes or comments.
 * Whatever is written otherwise is read token by token.
 */
const plainMember =
  /\s*<member>\s*<name>([^<&]*)<\/name>\s*<value><(?:string>([^<&]*)<\/string|int>([^<&]*)<\/int)><\/value>\s*<\/member>/y;

/** Reads one token after the other. @throws SyntaxError at what is no XML */
class Tokens {
  readonly #text: string;
  /** By what is written: an answer has thousands of the same few. */
  readonly #known = new Map<string, ElementToken>();
  #position = 0;
  /** The end of an element without content, which has been given as its begin alone. */
  #pending: Token | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  next(): Token {
    const pending = this.#pending;
    this.#pending = null;
    if (pending !== null) return pending;
    const begin = this.#position;
    if (begin === this.#text.length) return { kind: 'end' };
    if (this.#text[begin] !== '<') return { kind: 'text', text: unescapeXml(this.#upTo('<', false)) };
    if (this.#text.startsWith('<!--', begin)) return this.#skip('-->');
    if (this.#text.startsWith('<?', begin)) return this.#skip('?>');
    const tag = this.#upTo('>', true);
    const token = this.#known.get(tag) ?? this.#tokenOf(tag);
    if (tag.endsWith('/>')) this.#pending = { kind: 'close', name: token.name };
    return token;
  }

  #tokenOf(tag: string): ElementToken {
    const isEnd = tag.startsWith('</');
    // Attributes have no meaning.
    const name = /^[A-Za-z][A-Za-z0-9.]*/.exec(tag.slice(isEnd ? 2 : 1))?.[0];
    if (name === undefined) throw this.unexpected();
    const token: ElementToken = { kind: isEnd ? 'close' : 'open', name };
    this.#known.set(tag, token);
    return token;
  }

  /** The text up to a character, or to the end where it need not come. */
  #upTo(character: string, mustCome: boolean): string {
    const found = this.#text.indexOf(character, this.#position);
    if (found === -1 && mustCome) throw this.unexpected();
    const end = found === -1 ? this.#text.length : mustCome ? found + 1 : found;
    const text = this.#text.slice(this.#position, end);
    this.#position = end;
    return text;
  }

  /** What follows a declaration or comment. */
  #skip(end: string): Token {
    const found = this.#text.indexOf(end, this.#position);
    if (found === -1) throw this.unexpected();
    this.#position = found + end.length;
    return this.next();
  }

  /** The next member of a struct, if it is written in the usual way and comes next; null for anything else. */
  plainMember(): readonly [string, RpcValue] | null {
    if (this.#pending !== null) return null;
    plainMember.lastIndex = this.#position;
    const found = plainMember.exec(this.#text);
    if (found === null) return null;
    this.#position = plainMember.lastIndex;
    const [, name = '', text, number] = found;
    return [name, text ?? Number(number)];
  }

  /** The next begin or end of an element; text between elements has no meaning. */
  nextElement(): Token {
    let token = this.next();
    while (token.kind === 'text') token = this.next();
    return token;
  }

  /** The text up to the end of the element that has begun. */
  textUntilClose(name: string): string {
    let text = '';
    for (;;) {
      const token = this.next();
      if (token.kind === 'text') text += token.text;
      else if (token.kind === 'close' && token.name === name) return text;
      else throw this.unexpected();
    }
  }

  expect(kind: 'open' | 'close', name: string): void {
    const token = this.nextElement();
    if (token.kind !== kind || token.name !== name) throw this.unexpected();
  }

  unexpected(): SyntaxError {
    return new SyntaxError(`unexpected at byte ${this.#position}`);
  }
}

/** What the elements of a list or struct are, until its end. */
const readAll = (input: Tokens, name: string, end: string, read: () => void): void => {
  for (;;) {
    const token = input.nextElement();
    if (token.kind === 'close' && token.name === end) return;
    if (token.kind !== 'open' || token.name !== name) throw input.unexpected();
    read();
  }
};

const readTyped = (input: Tokens, type: string): RpcValue => {
  switch (type) {
    case 'int':
    case 'i4':
    case 'double':
      return Number(input.textUntilClose(type));
    case 'boolean':
      return input.textUntilClose(type).trim() === '1';
    case 'string':
      return input.textUntilClose(type);
    case 'array': {
      const items: RpcValue[] = [];
      input.expect('open', 'data');
      readAll(input, 'value', 'data', () => items.push(readValue(input)));
      input.expect('close', 'array');
      return items;
    }
    case 'struct': {
      const members: (readonly [string, RpcValue])[] = [];
      for (let member = input.plainMember(); member !== null; member = input.plainMember()) members.push(member);
      readAll(input, 'member', 'struct', () => {
        input.expect('open', 'name');
        const name = input.textUntilClose('name');
        input.expect('open', 'value');
        members.push([name, readValue(input)]);
        input.expect('close', 'member');
      });
      return Object.fromEntries(members);
    }
    default:
      throw input.unexpected();
  }
};

/** The rest of a value that has begun. Without a type it is a text. */
const readValue = (input: Tokens): RpcValue => {
  let text = '';
  for (;;) {
    const token = input.next();
    if (token.kind === 'text') text += token.text;
    else if (token.kind === 'close' && token.name === 'value') return text;
    else if (token.kind === 'open') {
      const value = readTyped(input, token.name);
      input.expect('close', 'value');
      return value;
    } else throw input.unexpected();
  }
};

/**
 * Reads the answer of an XML-RPC server (http://xmlrpc.com/spec.md), without the types that supervisord does not use (nil,
 * dates, binary data). What a general XML parser makes of three hundred processes takes longer than all the rest of an
 * unchanged switch.
 *
 * @throws SyntaxError when it is something else
 */
export const readRpcResponse = (xml: string): RpcResponse => {
  const input = new Tokens(xml);
  input.expect('open', 'methodResponse');
  const token = input.nextElement();
  if (token.kind !== 'open') throw input.unexpected();
  const inner = token.name === 'params' ? ['param'] : [];
  if (token.name !== 'params' && token.name !== 'fault') throw input.unexpected();
  for (const name of [...inner, 'value']) input.expect('open', name);
  const value = readValue(input);
  for (const name of [...inner, token.name, 'methodResponse']) input.expect('close', name);
  if (input.nextElement().kind !== 'end') throw input.unexpected();
  return { kind: token.name === 'params' ? 'result' : 'fault', value };
};
