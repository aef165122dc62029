/** A vector as JSON writes it. */
export function toNumbers(vector: Float32Array): number[] {
  return Array.from(vector);
}

/** A vector as OpenAI's clients ask for it: its float32 numbers, little-endian as on every platform served, in base64. */
export function toBase64(vector: Float32Array): string {
  return Buffer.from(vector.buffer, vector.byteOffset, vector.byteLength).toString('base64');
}
