/** Writes ONNX models: as much of the format as the graphs here need. Field numbers are those of onnx.proto. */

import { Field, Root, Type } from 'protobufjs/light';

/** The messages by name; of each field its name, number and type, and whether it repeats. */
const MESSAGES: Readonly<Record<string, readonly (readonly [string, number, string, 'repeated'?])[]>> = {
  Model: [
    ['irVersion', 1, 'int64'],
    ['producerName', 2, 'string'],
    ['graph', 7, 'Graph'],
    ['opsetImport', 8, 'OperatorSet', 'repeated'],
  ],
  OperatorSet: [
    ['domain', 1, 'string'],
    ['version', 2, 'int64'],
  ],
  Graph: [
    ['node', 1, 'Node', 'repeated'],
    ['name', 2, 'string'],
    ['initializer', 5, 'Tensor', 'repeated'],
    ['input', 11, 'ValueInfo', 'repeated'],
    ['output', 12, 'ValueInfo', 'repeated'],
  ],
  Node: [
    ['input', 1, 'string', 'repeated'],
    ['output', 2, 'string', 'repeated'],
    ['name', 3, 'string'],
    ['opType', 4, 'string'],
    ['attribute', 5, 'Attribute', 'repeated'],
  ],
  Attribute: [
    ['name', 1, 'string'],
    ['f', 2, 'float'],
    ['i', 3, 'int64'],
    ['g', 6, 'Graph'],
    ['ints', 8, 'int64', 'repeated'],
    ['type', 20, 'int32'],
  ],
  Tensor: [
    ['dims', 1, 'int64', 'repeated'],
    ['dataType', 2, 'int32'],
    ['name', 8, 'string'],
    ['rawData', 9, 'bytes'],
    ['externalData', 13, 'Entry', 'repeated'],
    ['dataLocation', 14, 'int32'],
  ],
  Entry: [
    ['key', 1, 'string'],
    ['value', 2, 'string'],
  ],
  ValueInfo: [
    ['name', 1, 'string'],
    ['type', 2, 'ValueType'],
  ],
  ValueType: [['tensorType', 1, 'TensorType']],
  TensorType: [
    ['elemType', 1, 'int32'],
    ['shape', 2, 'Shape'],
  ],
  Shape: [['dim', 1, 'Dimension', 'repeated']],
  Dimension: [['dimValue', 1, 'int64']],
};

const root = new Root();
for (const [name, fields] of Object.entries(MESSAGES)) {
  const type = new Type(name);
  for (const [field, id, kind, rule] of fields) type.add(new Field(field, id, kind, rule));
  root.add(type);
}

const FLOAT = 1;
const INT64 = 7;
const BOOL = 9;
const EXTERNAL = 1;
const ATTRIBUTE = { f: 1, i: 2, g: 5, ints: 7 };

/** An attribute's value: a float, an integer, a graph or a list of integers. */
type Attribute = { readonly f: number } | { readonly i: number } | { readonly g: Graph } | { readonly ints: number[] };
type Shape = readonly number[];

/** A graph that grows by its operators. Values are known by name; names are unique over a graph and those within it. */
export class Graph {
  readonly #nodes: object[] = [];
  readonly #constants: object[] = [];
  readonly #inputs: object[] = [];
  readonly #outputs: object[] = [];
  readonly #prefix: string;
  #count = 0;

  constructor(prefix = 'v') {
    this.#prefix = prefix;
  }

  /** Declares an input of floats, or of another element type; returns its name. */
  input(name: string, shape: Shape, elemType = FLOAT): string {
    this.#inputs.push(valueInfo(name, shape, elemType));
    return name;
  }

  /** Declares that a value is an output, in this order. */
  output(name: string, shape: Shape, elemType = FLOAT): void {
    this.#outputs.push(valueInfo(name, shape, elemType));
  }

  /** Adds an operator; returns the name of its result, which may be chosen. */
  op(opType: string, input: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}, result?: string) {
    return this.ops(opType, input, attributes, [result ?? this.#name()])[0];
  }

  /** Adds an operator of several results. */
  ops(
    opType: string,
    input: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    output: readonly string[],
  ): readonly string[] {
    const attribute = Object.entries(attributes).map(([name, value]) => {
      const [kind] = Object.keys(value) as (keyof typeof ATTRIBUTE)[];
      return { name, type: ATTRIBUTE[kind], ...('g' in value ? { g: value.g.#message(name) } : value) };
    });
    this.#nodes.push({ opType, input, output, attribute, name: this.#name() });
    return output;
  }

  /** α · a b + γ · c, a or b transposed where asked. */
  gemm(
    [a, b, c]: readonly [string, string, string],
    { alpha = 1, gamma = 1, transposeA = false, transposeB = false } = {},
    result?: string,
  ): string {
    const attributes = {
      alpha: { f: alpha },
      beta: { f: gamma },
      transA: { i: Number(transposeA) },
      transB: { i: Number(transposeB) },
    };
    return this.op('Gemm', [a, b, c], attributes, result);
  }

  /** A constant of floats, a scalar unless a shape is given. */
  floats(values: readonly number[] | Float32Array, shape: Shape = []): string {
    return this.#constant(FLOAT, shape, Float32Array.from(values));
  }

  /** A constant list of integers, or a single one. */
  integers(values: readonly number[] | number): string {
    const list = [values].flat();
    return this.#constant(INT64, Array.isArray(values) ? [list.length] : [], BigInt64Array.from(list.map(BigInt)));
  }

  /** The constant `true`. */
  yes(): string {
    return this.#constant(BOOL, [], Uint8Array.of(1));
  }

  /** A constant of floats under a chosen name, whose values a session is given in a file of that name. */
  external(name: string, shape: Shape): string {
    const externalData = [{ key: 'location', value: name }];
    this.#constants.push({ name, dims: shape, dataType: FLOAT, dataLocation: EXTERNAL, externalData });
    return name;
  }

  /** The body of a Loop of a fixed number of rounds over values of these shapes: what `step` makes of their names. */
  loop(
    rounds: number,
    start: readonly string[],
    shapes: readonly Shape[],
    step: (body: Graph, values: string[]) => string[],
  ) {
    const name = this.#name();
    const body = new Graph(`${name}_`);
    body.input(`${name}_round`, [], INT64);
    const goesOn = body.input(`${name}_goesOn`, [], BOOL);
    const values = start.map((_, i) => body.input(`${name}_state${i}`, shapes[i]));
    const next = step(body, values);
    body.output(body.op('Identity', [goesOn]), [], BOOL);
    for (const [i, value] of next.entries()) body.output(value, shapes[i]);
    const results = start.map((_, i) => `${name}_result${i}`);
    return this.ops('Loop', [this.integers(rounds), this.yes(), ...start], { body: { g: body } }, results);
  }

  /** The bytes of a model of this graph, in operator set 17. */
  encode(): Uint8Array {
    const model = {
      irVersion: 8,
      producerName: 'eqprop-rivals',
      opsetImport: [{ domain: '', version: 17 }],
      graph: this.#message('graph'),
    };
    const type = root.lookupType('Model');
    return type.encode(type.fromObject(model)).finish();
  }

  #message(name: string): object {
    return { name, node: this.#nodes, initializer: this.#constants, input: this.#inputs, output: this.#outputs };
  }

  #constant(dataType: number, dims: Shape, values: Float32Array | BigInt64Array | Uint8Array): string {
    const name = this.#name();
    this.#constants.push({ name, dims, dataType, rawData: new Uint8Array(values.buffer) });
    return name;
  }

  #name(): string {
    return `${this.#prefix}${this.#count++}`;
  }
}

function valueInfo(name: string, shape: Shape, elemType: number): object {
  return { name, type: { tensorType: { elemType, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } } };
}
