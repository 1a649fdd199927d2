import { parse, type PlistValue } from 'plist';

/**
 * The value in the text of a property list. The library's parser of XML also writes to stderr what it complains about;
 * whoever reads a file that is none says so in words of its own, or nothing.
 *
 * @throws Error for a text that is no property list
 */
export const readPlist = (text: string): PlistValue => {
  const { error, warn } = console;
  console.error = console.warn = () => undefined;
  try {
    return parse(text);
  } finally {
    Object.assign(console, { error, warn });
  }
};
