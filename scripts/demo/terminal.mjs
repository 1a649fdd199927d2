const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (colour ? `\u001b[${code}m${text}\u001b[0m` : text);
const bold = paint(1);
const green = paint(32);

let chapters = 0;

/** Starts a chapter of the demo. */
export const chapter = (title) => {
  chapters += 1;
  console.log(`\n${bold(`${chapters}. ${title}`)}`);
};

export const say = (text) => console.log(text);

/** Shows a command as a reader would type it. */
export const showCommand = (words) => console.log(`\n${bold(`$ ${words.map(shellWord).join(' ')}`)}`);

/** Tells that something which the reader was promised is so. */
export const confirm = (text) => console.log(`${green('✓')} ${text}`);

/** Quotes a word for a shell, where it has to be. */
export const shellWord = (word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`);
