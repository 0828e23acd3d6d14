import { join, relative } from 'node:path';
import { expect } from 'chai';
import ts from 'typescript';

const root = join(__dirname, '..', '..');

/** Every public name, and every public member of one, that has no doc comment, of its own or inherited. */
function undocumented(): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, root);
  const index = join(root, 'lib', 'index.ts');
  const program = ts.createProgram([index], options);
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(index) as ts.SourceFile;
  const names = checker.getExportsOfModule(checker.getSymbolAtLocation(source) as ts.Symbol);
  const isSilent = (symbol: ts.Symbol) => symbol.getDocumentationComment(checker).length === 0;
  return names.flatMap((name) => {
    const symbol = name.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(name) : name;
    const members = [...(symbol.members?.values() ?? [])].filter((member) => member.declarations?.every(isPublic));
    const silent = members.filter(isSilent).map((member) => `${name.name}.${member.name}`);
    const [{ fileName }] = (symbol.declarations as ts.Declaration[]).map((place) => place.getSourceFile());
    return [...(isSilent(symbol) ? [name.name] : []), ...silent].map(
      (lacking) => `${relative(root, fileName)}: ${lacking}`,
    );
  });
}

function isPublic(declaration: ts.Declaration): boolean {
  const { name } = declaration as ts.NamedDeclaration;
  return name !== undefined && !ts.isPrivateIdentifier(name) && !ts.isTypeParameterDeclaration(declaration);
}

describe('doc comments', () => {
  it('stand at every public name and member', function () {
    this.timeout(30_000);
    expect(undocumented()).to.deep.equal([]);
  });
});
