/** The API's documents, as far as the app uses them. Only the type check reads this file. */
declare namespace Api {
  interface List<Item> {
    items: Item[];
    next: string | null;
  }

  interface FieldError {
    field: string;
    message: string;
  }

  interface Me {
    id: string;
    name: string;
    level: string;
  }

  interface User extends Me {
    email: string;
    enabled: boolean;
  }

  interface Folder {
    id: string;
    name: string;
    path: string;
    parent: string | null;
    asset_count: number;
  }

  interface Ingest {
    total: number;
    ready: number;
    failed: number;
    processing: number;
  }

  interface Asset {
    id: string;
    name: string;
    folder: string;
    file_type: string;
    size: number;
    width: number | null;
    height: number | null;
    duration_ms: number | null;
    pages: number | null;
    created: string;
    modified: string;
    attributes: Record<string, string>;
    renditions: string[];
    state: 'processing' | 'ready' | 'failed';
    reason: string | null;
    thumbnail_url: string | null;
    preview: { url: string; width: number; height: number } | null;
  }

  /** The target in a request for a new link. */
  type Target = { kind: 'asset'; id: string }
    | { kind: 'folder'; id: string; include_subfolders: boolean }
    | { kind: 'selection'; assets: string[] };

  /** The target in the document of a link. */
  interface SharedTarget {
    kind: 'asset' | 'folder' | 'selection';
    id?: string;
    include_subfolders?: boolean;
    name: string;
    count?: number;
    assets?: string[];
  }

  type OptionName = 'original' | 'preview' | 'thumbnail';
  type Options = Record<OptionName, boolean>;

  interface ShareOptions extends Options {
    count: number;
  }

  /** The terms of a link that have the same form in requests and answers. */
  interface LinkTerms {
    title: string;
    expires: string | null;
    time_zone: string | null;
    max_uses: number | null;
    access: 'download' | 'view_only';
    options: Options | null;
  }

  interface LinkBody extends LinkTerms {
    password?: string | null;
  }

  interface Link extends LinkTerms {
    id: string;
    url: string;
    target: SharedTarget;
    creator: { name: string | null };
    created: string;
    used: number;
    uses_left: number | null;
    expires_at: string | null;
    has_password: boolean;
    status: 'active' | 'expired' | 'used_up' | 'owner_gone';
    visits: number;
  }

  interface Mail {
    id: string;
    address: string;
    status: 'queued' | 'sent' | 'failed' | 'bounced';
    reason: string | null;
    at: string;
  }

  interface Mails extends List<Mail> {
    /** Why this site sends no mails. */
    off?: string;
  }
}
