/** What the weights of an ONNX export are stored in, in the words of Transformers.js. */
export const dtypes = ['fp32', 'fp16', 'q8', 'int8', 'uint8', 'q4', 'q4f16', 'bnb4'] as const;
export type Dtype = (typeof dtypes)[number];

/** How Transformers.js ends the file names of each dtype (its DEFAULT_DTYPE_SUFFIX_MAPPING). */
const suffixes: Readonly<Record<Dtype, string>> = {
  fp32: '',
  fp16: '_fp16',
  q8: '_quantized',
  int8: '_int8',
  uint8: '_uint8',
  q4: '_q4',
  q4f16: '_q4f16',
  bnb4: '_bnb4',
};

/** The names before the suffix; older exports call a decoder by the second. */
const bases = ['model', 'decoder_model_merged'];

/** The names that a graph with weights of this dtype may have; the first that is there counts. */
export function graphNames(dtype: Dtype): string[] {
  return bases.map((base) => `${base}${suffixes[dtype]}.onnx`);
}
