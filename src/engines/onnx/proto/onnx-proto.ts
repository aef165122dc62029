// Numbers of the fields that are looked at, by their messages (onnx.proto).
export const MODEL = { graph: 7 } as const;
export const GRAPH = { node: 1, initializer: 5, input: 11 } as const;
export const NODE = { input: 1, output: 2, opType: 4, attribute: 5 } as const;
export const ATTRIBUTE = { name: 1, int: 3, tensor: 5, graph: 6 } as const;
export const TENSOR = { dims: 1, type: 2, int64s: 7, name: 8, external: 13 } as const;
/** StringStringEntryProto. */
export const ENTRY = { key: 1, value: 2 } as const;
/** ValueInfoProto. */
export const VALUE = { name: 1, type: 2 } as const;
/** TypeProto and, inside, its Tensor. */
export const TYPE = { tensor: 1 } as const;
export const TENSOR_TYPE = { elementType: 1, shape: 2 } as const;
/** TensorShapeProto and, inside, its Dimension. */
export const SHAPE = { dimension: 1 } as const;
export const DIMENSION = { value: 1 } as const;

/** TensorProto.DataType, as far as our graphs have them. */
export const DATA_TYPE = { float32: 1, int64: 7, bool: 9, float16: 10 } as const;
