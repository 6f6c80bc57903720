import { dirname } from 'node:path'
import ts from 'typescript'

/** The sources, as TypeScript reads them. */
export interface Sources {
  program: ts.Program
  checker: ts.TypeChecker
  files: readonly ts.SourceFile[]
}

export function readSources(config: string): Sources {
  const root = dirname(config)
  const json = { ...ts.readConfigFile(config, ts.sys.readFile).config, include: ['src'] }
  const { options, fileNames } = ts.parseJsonConfigFileContent(json, ts.sys, root)
  const program = ts.createProgram(fileNames, options)
  const files = program.getSourceFiles().filter(({ fileName }) => fileName.startsWith(`${root}/src/`))
  return { program, checker: program.getTypeChecker(), files }
}
