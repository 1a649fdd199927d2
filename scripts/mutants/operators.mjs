// What is changed in a module to see whether its tests notice: one place at a time, never in a type.
import ts from 'typescript';

const { SyntaxKind: Kind } = ts;

/** Each comparison with the one at its boundary, or its opposite where it has none. */
const comparisons = new Map([
  [Kind.EqualsEqualsEqualsToken, '!=='],
  [Kind.ExclamationEqualsEqualsToken, '==='],
  [Kind.LessThanToken, '<='],
  [Kind.LessThanEqualsToken, '<'],
  [Kind.GreaterThanToken, '>='],
  [Kind.GreaterThanEqualsToken, '>'],
]);
const otherOperators = new Map([
  [Kind.AmpersandAmpersandToken, '||'],
  [Kind.BarBarToken, '&&'],
  [Kind.PlusToken, '-'],
  [Kind.MinusToken, '+'],
]);
const methods = new Map([
  ['some', 'every'],
  ['every', 'some'],
  ['toSorted', 'slice'],
  ['toReversed', 'slice'],
  ['has', 'valueOf'],
]);

/** Whether nothing would be different: callers look for one as for the other. */
const isNothing = ({ kind, text }) => kind === Kind.NullKeyword || text === 'undefined';

const isText = (node) => ts.isStringLiteral(node) || ts.isTemplateExpression(node);

/** What can stand in the place of a node: [operator, new text] each. */
const replacements = (node, source) => {
  const textOf = (some) => some.getText(source);
  if (ts.isIfStatement(node)) return [['negate condition', node.expression, `!(${textOf(node.expression)})`]];
  if (ts.isConditionalExpression(node)) return [['negate condition', node.condition, `!(${textOf(node.condition)})`]];
  if (ts.isBinaryExpression(node)) {
    const { operatorToken, left, right } = node;
    if (operatorToken.kind === Kind.QuestionQuestionToken) return [['no default', node, textOf(left)]];
    const comparison = comparisons.get(operatorToken.kind);
    if (comparison !== undefined) return [['swap comparison', operatorToken, comparison]];
    // "+" of texts puts them together.
    const other = isText(left) || isText(right) ? undefined : otherOperators.get(operatorToken.kind);
    return other === undefined ? [] : [['swap operator', operatorToken, other]];
  }
  if (ts.isExpressionStatement(node)) return [['drop statement', node, ';']];
  if (ts.isArrayLiteralExpression(node)) {
    return node.elements.map((element, index) => [
      'remove element',
      node,
      `[${node.elements
        .filter((_, other) => other !== index)
        .map(textOf)
        .join(', ')}]`,
    ]);
  }
  if (ts.isReturnStatement(node) && node.expression !== undefined && !isNothing(node.expression)) {
    return [['return nothing', node.expression, 'undefined']];
  }
  if (ts.isArrowFunction(node) && !ts.isBlock(node.body) && !isNothing(node.body))
    return [['return nothing', node.body, 'undefined']];
  if (ts.isPrefixUnaryExpression(node) && node.operator === Kind.ExclamationToken) {
    return [['drop negation', node, textOf(node.operand)]];
  }
  if (node.kind === Kind.TrueKeyword || node.kind === Kind.FalseKeyword) {
    return [['flip', node, node.kind === Kind.TrueKeyword ? 'false' : 'true']];
  }
  if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
    const { name, expression } = node.expression;
    if (name.text === 'filter') return [['drop filter', node, textOf(expression)]];
    const other = methods.get(name.text);
    return other === undefined ? [] : [['swap method', name, other]];
  }
  return [];
};

const isOnlyType = (node) => ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);

/**
 * @param text of a TypeScript module
 * @returns every mutant of it: `{ operator, line, start, end, text, was }`, where `text` replaces what is from `start` to `end`
 */
export const mutantsOf = (text) => {
  const source = ts.createSourceFile('module.ts', text, ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node) => {
    if (ts.isImportDeclaration(node) || isOnlyType(node)) return;
    for (const [operator, place, replacement] of replacements(node, source)) {
      const start = place.getStart(source);
      const { line } = source.getLineAndCharacterOfPosition(start);
      const was = text.slice(start, place.end);
      if (was !== replacement) found.push({ operator, line: line + 1, start, end: place.end, text: replacement, was });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
};
