/** Who changed something: the user in the Explorer, the host by a method, a link, or a view that was kept. */
export type Cause = "user" | "host" | "link" | "restore";

/** Labels of a column of `obs`; `null` stands for cells without a label. */
export interface LabelChoice {
  column: string;
  labels: (string | null)[];
}

/** Cells to select. Outlines are in the coordinates of an embedding. */
export type CellChoice =
  | { polygon: [number, number][] }
  | { rect: [[number, number], [number, number]] }
  | { labels: LabelChoice }
  | { set: string }
  | { cells: CellNames };

/**
 * Cells of the dataset with that `content` id, by the ids of the input's `obs`, or by rows of the input: a roaring bitmap
 * in its portable format.
 */
export type CellNames = { content: string } & ({ ids: string[] } | { rows: ArrayBuffer });

/** A set of cells to compare: a cell set by its name, or labels of a column. */
export type SetChoice = string | LabelChoice;

/** A cell by its row in the input file, or a label of a column. */
export type Target = { cell: number } | { label: { column: string; label: string | null } };

/** Where the picture looks from: the center and the width, in the coordinates of the embedding. */
export interface Camera {
  x: number;
  y: number;
  width: number;
}

/** A number of each cell. */
export type Axis = { obs: string } | { gene: { layer?: string; gene: string } };

/** What a panel shows: an embedding, or two numbers of each cell. */
export type PanelKind = { embedding: string | null } | { scatter: { x: Axis; y: Axis } };

/** The view: all that a link holds. Names stay; more may be added. */
export interface View {
  dataset?: string | null;
  analysis: {
    color: "none" | { obs: string } | { gene: { layer?: string; gene: string } } | { gene_set: { set: string; layer?: string; value?: "mean" | "score" } };
    color_options: Record<string, unknown>;
    layer: string | null;
    query: { subset: unknown[]; filters: Record<string, unknown> };
    genes: string[];
    [more: string]: unknown;
  };
  /** One to 16. */
  panels: { kind: PanelKind; camera: Camera | null; [more: string]: unknown }[];
  tool: "pan" | "lasso" | "rectangle" | "orbit";
  layout: Record<string, unknown>;
}

/** The members of a view that change; `null` gives a member its default. */
export type ViewPatch = { [member in keyof View]?: unknown };

/** The open dataset. `content` says what it holds: rows are those of this dataset. It is empty while that is being built. */
export interface Dataset {
  id: string;
  title: string;
  content: string;
  n_obs: number;
  n_vars: number;
  embeddings: string[];
}

/** How many cells are selected, of how many, and by which filters. */
export interface SelectionInfo {
  n: number;
  total: number;
  description: string;
}

/** The selection, and its cells by their rows in the input file where these were asked for. */
export interface Selection extends SelectionInfo {
  content: string;
  rows?: Uint32Array;
}

/** A gene of a result. */
export interface ResultGene {
  id: string;
  symbol: string;
  score: number | null;
  effect: number | null;
  pval_adj?: number | null;
}

/** What a comparison or a search for markers came to. */
export type Result =
  | { kind: "comparison"; group: string; reference: string | null; n: [number, number]; genes: ResultGene[] }
  | { kind: "markers"; column: string; labels: { label: string; n: number; genes: ResultGene[] }[] };

export type ErrorCode =
  | "unsupported"
  | "invalid"
  | "too_large"
  | "superseded"
  | "unknown_name"
  | "not_ready"
  | "failed"
  | "closed";

/** What methods reject with. */
export interface TesseraError extends Error {
  code: ErrorCode;
}

/** The details of each event. Events do not bubble. */
export interface TesseraEvents {
  ready: { dataset: Dataset };
  load: Record<string, never>;
  progress: { n: number; total: number };
  viewchange: { view?: View; patch?: ViewPatch; link?: string; cause: Cause };
  selectionchange: SelectionInfo & { cause: Cause };
  hover: { over: Target | null };
  result: Result;
  /** Cancelable: whoever prevents it makes the link. */
  share: { link: string; url: string };
  visibility: { visible: boolean };
  error: { code: ErrorCode; message: string; tile?: string; recoverable: boolean };
}

/** Supplies the bytes of a dataset that only the host's page can read. */
export interface ByteSource {
  /** What the view calls the dataset. */
  name?: string;
  /**
   * The bytes of a file of the dataset's directory, whole or from `start` to before `end`. A rejection is shown with its
   * message.
   */
  read(path: string, start: number | undefined, end: number | undefined, signal: AbortSignal): Promise<ArrayBuffer | Uint8Array>;
}

/** An element of HTML, but for `dataset`, which is the one that is open. */
interface ElementOfPage extends Omit<HTMLElement, "dataset" | "addEventListener"> {}
declare const ElementOfPage: { new (): ElementOfPage };

export class TesseraExplorer extends ElementOfPage {
  /** The address of the dataset's page, on another origin than this page's. */
  src: string;
  embedding: string;
  genes: string;
  layer: string;
  filter: string;
  ui: "full" | "compact" | "picture" | "";
  panels: string;
  theme: "auto" | "light" | "dark" | "";
  loading: "lazy" | "eager" | "";
  reveal: "auto" | "click" | "manual" | "";
  poster: string;
  label: string;
  gestures: "cooperative" | "greedy" | "";
  storage: "local" | "none" | "";
  linkBase: string;
  group: string;

  /** Resolves once the dataset is open. */
  readonly ready: Promise<Dataset>;
  /** The view as it was last told; setting it is `setView`. */
  get view(): View | undefined;
  set view(view: ViewPatch | string);
  /** Where the bytes come from, if not from the viewer's host: `src` is then any page of the viewer. */
  byteSource: ByteSource | null;
  readonly selection: SelectionInfo | undefined;
  readonly dataset: Dataset | undefined;
  readonly visible: boolean;

  /** Shows another view: what changes of it, or the text of a link. */
  setView(view: ViewPatch | string, options?: { history?: "step" | "replace" }): Promise<true>;
  getView(): Promise<View>;
  /** `obs:COLUMN`, `gene:GENE`, `gene:LAYER:GENE`, `genes:GENE,GENE`, `set:GENE SET`; empty for one color. */
  colorBy(color: string | null): Promise<true>;
  /** As a link has filters, or as `analysis.query.filters` of a view. */
  setFilter(filter: string | Record<string, unknown> | null): Promise<true>;
  select(cells: CellChoice, options?: { mode?: "replace" | "add" | "subtract" | "intersect"; embedding?: string }): Promise<true>;
  getSelection(options?: { ids?: boolean; max?: number }): Promise<Selection>;
  highlight(target?: Target | null): Promise<true>;
  /** Without a camera, the embedding is fitted. */
  flyTo(camera?: Camera | null): Promise<true>;
  /** Compares a set with another, or with the rest of the cells in view; the answer is the event `result`. */
  compare(
    group: SetChoice,
    reference?: SetChoice | "rest" | null,
    options?: {
      mode?: "welch" | "cellxgene" | "overestim_var" | "wilcoxon" | "wilcoxon_uncorrected" | "samples";
    },
  ): Promise<true>;
  /** Finds the markers of every label of a column; the answer is the event `result`. */
  markers(column: string): Promise<true>;
  /** The picture with its legend, at least that large. */
  picture(options?: { type?: string; width?: number; height?: number }): Promise<Blob>;
  /** Carries out a command of the Explorer, such as `fit`, `subset`, `clear_filters`. */
  run(command: string): Promise<true>;
  undo(): Promise<true>;
  redo(): Promise<true>;
  suspend(): Promise<true>;
  resume(): Promise<unknown>;

  addEventListener<K extends keyof TesseraEvents>(
    type: K,
    listener: (this: TesseraExplorer, event: CustomEvent<TesseraEvents[K]>) => void,
    options?: boolean | AddEventListenerOptions,
  ): void;
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject,
    options?: boolean | AddEventListenerOptions,
  ): void;
}

declare global {
  interface HTMLElementTagNameMap {
    "tessera-explorer": TesseraExplorer;
  }
}
