import ts from 'typescript'
import type { Sources } from './program.js'

/**
 * The letters of the names that are met most often, the same in every build: which letter a name has moves what a page loads by up to 400
 * bytes compressed, so it does not hang on how often other entries use it. Found by exchanging letters at random wherever that made core
 * and full coordinator smaller, some four thousand times; any others would do.
 */
export const LETTERS: Readonly<Record<string, string>> = {
  charge: 'G',
  f0$: 'f',
  f1$: 'l',
  f10$: '$',
  f11$: 'U',
  f12$: 'I',
  f13$: 'D',
  f14$: 'q',
  f15$: 'j',
  f16$: 'J',
  f18$: 'X',
  f2$: 'u',
  f21$: 'W',
  f3$: 'O',
  f4$: 'S',
  f5$: 'M',
  f6$: 'w',
  f7$: 'P',
  f8$: 'g',
  f9$: 'F',
  judge: 'H',
  m0$: 't',
  m1$: 'e',
  m10$: 'R',
  m11$: 'T',
  m12$: 'A',
  m13$: 'V',
  m14$: 'C',
  m15$: 'B',
  m16$: 'Q',
  m17$: 'z',
  m2$: 'i',
  m20$: 'Y',
  m21$: 'Z',
  m26$: '_',
  m3$: 'r',
  m4$: 'o',
  m5$: 'c',
  m6$: 'm',
  m7$: 'L',
  m8$: 'E',
  m9$: 'k',
  names: 'K',
  publisher: 'N',
}

/** @throws Error where a source has a property of one letter that is in the table: an object of ours could have both. */
export function checkLetters({ files }: Sources): void {
  const given = new Set(Object.values(LETTERS))
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) && given.has(node.text) && isName(node)) {
      throw new Error(
        `${node.getSourceFile().fileName}: the property ${node.text} is a name that the build gives to others. Write a longer one.`,
      )
    }
    ts.forEachChild(node, visit)
  }
  files.forEach(visit)
}

/** Whether an identifier names a property of an object. */
function isName(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isBindingElement(parent))
    return ts.isObjectBindingPattern(parent.parent) && (parent.propertyName ?? parent.name) === node
  const isMember = ts.isPropertyAccessExpression(parent) || ts.isObjectLiteralElementLike(parent) || ts.isClassElement(parent)
  return isMember && parent.name === node
}
