import { createHash } from 'node:crypto';
import { dirname } from 'node:path/posix';

export interface RepoOptions {
  /** Only with the token can it be seen. */
  private?: boolean;
  /** It can be seen, but only with the token fetched. */
  gated?: boolean;
  downloads?: number;
  tags?: readonly string[];
  /** From how many bytes on a file is a large one. */
  largeFrom?: number;
  /** What the listing says instead of the truth. */
  listed?: Record<string, { bytes?: number; sha256?: string }>;
}

/** A repository of a hub, kept in memory. */
export class FakeRepo {
  readonly id: string;
  readonly options: RepoOptions;
  readonly files: Map<string, Buffer>;
  commit: string;

  constructor(id: string, files: Record<string, Buffer | string>, options: RepoOptions) {
    this.id = id;
    this.options = options;
    this.files = new Map(Object.entries(files).map(([path, content]) => [path, Buffer.from(content)]));
    this.commit = createHash('sha1')
      .update(`${id} ${[...this.files.keys()].join(' ')}`)
      .digest('hex');
  }

  get tags(): string[] {
    const format = [...this.files.keys()].some((path) => path.endsWith('.gguf')) ? ['gguf'] : [];
    return [...format, ...(this.options.tags ?? [])];
  }

  knows(revision: string): boolean {
    return ['main', 'master', 'refs/pr/1', this.commit].includes(revision);
  }

  has(path: string): boolean {
    return this.files.has(path);
  }

  content(path: string): Buffer {
    return this.files.get(path) ?? Buffer.alloc(0);
  }

  isLarge(path: string): boolean {
    return this.content(path).length >= (this.options.largeFrom ?? 1000);
  }

  sha256(path: string): string {
    return this.options.listed?.[path]?.sha256 ?? createHash('sha256').update(this.content(path)).digest('hex');
  }

  #bytes(path: string): number {
    return this.options.listed?.[path]?.bytes ?? this.content(path).length;
  }

  hfTree(): unknown[] {
    return [...this.files].map(([path, content]) => {
      const oid = createHash('sha1').update(`blob ${content.length}\0`).update(content).digest('hex');
      const lfs = { oid: this.sha256(path), size: this.#bytes(path), pointerSize: 134 };
      return { type: 'file', path, size: this.#bytes(path), oid, ...(this.isLarge(path) ? { lfs } : {}) };
    });
  }

  modelScopeFiles(root: string, recursive: boolean): unknown[] {
    const folders = new Set<string>();
    for (const path of this.files.keys())
      for (let folder = dirname(path); folder !== '.'; folder = dirname(folder)) folders.add(folder);
    const below = (path: string): boolean => root === '' || path.startsWith(`${root}/`);
    const direct = (path: string): boolean => dirname(path) === (root === '' ? '.' : root);
    const shown = (path: string): boolean => (recursive ? below(path) : direct(path));
    const trees = [...folders].filter(shown).map((Path) => ({ Path, Type: 'tree', Size: 0 }));
    const blobs = [...this.files.keys()].filter(shown);
    return [
      ...trees,
      ...blobs.map((Path) => ({ Path, Type: 'blob', Size: this.#bytes(Path), Sha256: this.sha256(Path) })),
    ];
  }
}
