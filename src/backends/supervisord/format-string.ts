/**
 * supervisord expands every value of its configuration with Python's `%` operator (supervisor/options.py, expand):
 * `%%` is a percent sign, `%(program_name)s` a name it knows. Anything else after a percent sign stops it from reading
 * any of its configuration. A "format string" is such a value.
 */
const token =
  /%%|%\((?:here|program_name|group_name|host_node_name|ENV_[^()]+)\)s|%\((?:process_num|numprocs)\)(?:s|0?[0-9]*d)|%|[^%]+/gs;

const tokensOf = (text: string): readonly string[] => text.match(token) ?? [];

const isExpansion = (part: string): boolean => part.startsWith('%(');

/** The format string that stands for a text, whatever percent signs are in it. */
export const formatOf = (literal: string): string => literal.replaceAll('%', '%%');

/** Takes percent signs that supervisord would choke on for what the user meant: percent signs. */
export const repairFormat = (format: string): string =>
  tokensOf(format)
    .map((part) => (part === '%' ? '%%' : part))
    .join('');

/** The format string whose expansion is that format string but for its names: for what supervisord expands twice. */
export const formatTwice = (format: string): string =>
  tokensOf(format)
    .map((part) => (part === '%%' ? '%%%%' : part))
    .join('');

/** The text that a format string stands for; null when it depends on what supervisord fills in. */
export const literalOf = (format: string): string | null => expandFormat(format, {});

/** Does what supervisord does with a format string; null when it holds a name that is not in `values`. */
export const expandFormat = (format: string, values: Readonly<Record<string, string | number>>): string | null => {
  const parts = tokensOf(format).map((part) => {
    if (part === '%%' || part === '%') return '%';
    if (!isExpansion(part)) return part;
    const [, name = '', conversion = ''] = /^%\((.*)\)(.*)$/s.exec(part) ?? [];
    const value = Object.hasOwn(values, name) ? values[name] : undefined;
    if (value === undefined) return null;
    const width = Number(/\d+/.exec(conversion)?.[0] ?? 0);
    return String(value).padStart(width, conversion.startsWith('0') ? '0' : ' ');
  });
  return parts.includes(null) ? null : parts.join('');
};

/**
 * Whether supervisord puts the directory of the file in place of a `%(here)s` that is not meant so: it looks for these
 * characters before it knows about `%%` (expand_here), and no escape keeps it from that.
 */
export const looksLikeHere = (format: string): boolean => tokensOf(format).join('\0').includes('%%\0(here)s');
