import { dirname } from 'node:path'
import ts from 'typescript'

/** The sources, as TypeScript reads them. */
export interface Sources {
  program: ts.Program
  checker: ts.TypeChecker
  files: readonly ts.SourceFile[]
}

/** What this program can write: types, and none where one is wrong. */
const TYPES_ONLY = { noEmit: false, declaration: true, emitDeclarationOnly: true, noEmitOnError: true }

export function readSources(config: string): Sources {
  const root = dirname(config)
  const json = { ...ts.readConfigFile(config, ts.sys.readFile).config, include: ['src'] }
  const { options, fileNames } = ts.parseJsonConfigFileContent(json, ts.sys, root)
  const program = ts.createProgram(fileNames, { ...options, ...TYPES_ONLY })
  // The tester reads what strangers send, of any form, so its names are everybody's: it is built by itself, with the names as they are.
  const isTester = (fileName: string) => fileName.startsWith(`${root}/src/node/conform/`)
  const files = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(`${root}/src/`) && !isTester(fileName))
  return { program, checker: program.getTypeChecker(), files }
}

/** @throws Error where a property is read and nothing done with it: what is built reads it no more, whatever its getter does. */
export function checkReads({ files }: Sources): void {
  const visit = (node: ts.Node): void => {
    const isIdle = ts.isExpressionStatement(node) || ts.isVoidExpression(node)
    if (isIdle && ts.isPropertyAccessExpression(node.expression)) {
      throw new Error(`${node.getSourceFile().fileName}: ${node.getText()} only reads. Call a method.`)
    }
    ts.forEachChild(node, visit)
  }
  files.forEach(visit)
}
