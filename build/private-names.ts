import ts from 'typescript'
import type { Sources } from './program.js'

/** What a private member is called on its way through the build, and nothing else is: the build makes it short, whatever bears the name too. */
export const PRIVATE_NAME = /^\w+\$$/

/**
 * The sources with other names for private members: `limits` becomes `limits$`. A private member is found by its symbol, so the same
 * name elsewhere, as an option, an event or a public member, stays what it is.
 *
 * @returns the texts of those files that have private members.
 */
export function renamePrivates({ checker, files }: Sources): Map<string, string> {
  const renamed = new Map<string, string>()
  for (const file of files) {
    const parts: string[] = []
    let end = 0
    const visit = (node: ts.Node): void => {
      if (ts.isIdentifier(node) || isTypeKey(node)) {
        const name = ts.isIdentifier(node) ? renamedAt(node, checker) : renamedKey(node, checker)
        if (name !== undefined) {
          parts.push(file.text.slice(end, node.getStart()), name)
          end = node.end
        }
      }
      ts.forEachChild(node, visit)
    }
    visit(file)
    if (end > 0) renamed.set(file.fileName, parts.join('') + file.text.slice(end))
  }
  return renamed
}

function isPrivate(symbol: ts.Symbol | undefined): boolean {
  return (symbol?.declarations ?? []).some(
    (declaration) =>
      (ts.isClassElement(declaration) || ts.isParameter(declaration)) &&
      (ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Private) !== 0,
  )
}

/** What stands in the place of an identifier that names a private member, or the parameter which makes one. */
function renamedAt(node: ts.Identifier, checker: ts.TypeChecker): string | undefined {
  const { parent, text } = node
  // `const { limits } = this` names a member and a variable.
  if (ts.isBindingElement(parent) && ts.isObjectBindingPattern(parent.parent) && (parent.propertyName ?? parent.name) === node) {
    const member = checker.getPropertyOfType(checker.getTypeAtLocation(parent.parent), text)
    if (!isPrivate(member)) return undefined
    return parent.propertyName === undefined ? `${text}$: ${text}` : `${text}$`
  }
  if (ts.isShorthandPropertyAssignment(parent)) {
    return isPrivate(checker.getShorthandAssignmentValueSymbol(parent)) ? `${text}: ${text}$` : undefined
  }
  return isPrivate(checker.getSymbolAtLocation(node)) ? `${text}$` : undefined
}

/** `SecureChannel['state']`, a type, names a member by a text. */
function isTypeKey(node: ts.Node): node is ts.StringLiteral {
  return ts.isStringLiteral(node) && ts.isLiteralTypeNode(node.parent) && ts.isIndexedAccessTypeNode(node.parent.parent)
}

function renamedKey({ parent, text }: ts.StringLiteral, checker: ts.TypeChecker): string | undefined {
  const { objectType } = parent.parent as ts.IndexedAccessTypeNode
  return isPrivate(checker.getPropertyOfType(checker.getTypeFromTypeNode(objectType), text)) ? `'${text}$'` : undefined
}
