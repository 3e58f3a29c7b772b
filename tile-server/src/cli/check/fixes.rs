//! How hosts are told to send files as the page needs them.

use serde::Serialize;

/// How something is mended on a kind of host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Fix {
    /// The host.
    pub host: &'static str,
    /// What to write or do there.
    pub text: &'static str,
}

const fn fix(host: &'static str, text: &'static str) -> Fix {
    Fix { host, text }
}

/// The host answers no ranges.
pub const RANGES: &[Fix] = &[
    fix("nginx", "answers ranges of files by itself; remove `max_ranges 0;`, and let `proxy_pass` pass Range on"),
    fix("Caddy", "answers ranges of files by itself; remove `encode` for *.pack"),
    fix("any host", "tile-server export --segments 512K makes a site that needs no ranges"),
];

/// Ranges are compressed, or come with another length.
pub const NOT_ENCODED: &[Fix] = &[
    fix("nginx", "`location ~ \\.(pack|segment)$ { gzip off; }`"),
    fix("Caddy", "limit `encode` to what is no pack: `@page not path *.pack *.segment` and `encode @page zstd gzip`"),
    fix("S3", "upload packs without Content-Encoding; in CloudFront, switch compression off for *.pack"),
    fix("a CDN", "switch compression and optimization off for *.pack, or send `Cache-Control: no-transform`"),
];

/// The file is another one than the manifest tells.
pub const SAME_DATASET: &[Fix] =
    &[fix("any host", "upload manifest.tsm and all packs of one dataset anew, as binary files; then purge caches")];

/// Pages of another origin may not read the data.
pub const CORS: &[Fix] = &[
    fix("nginx", "in the location of the data: `add_header Access-Control-Allow-Origin \"ORIGIN\" always;`"),
    fix("Caddy", "`header Access-Control-Allow-Origin \"ORIGIN\"`"),
    fix("S3", "CORS rule: AllowedOrigins [ORIGIN], AllowedMethods [GET, HEAD], AllowedHeaders [*]"),
    fix("tile-server", "serve --cors-origin ORIGIN"),
];

/// Pages of other sites cannot load what they embed the Explorer with.
pub const EMBED: &[Fix] = &[
    fix("nginx", "`location ~ /embed/ { add_header Access-Control-Allow-Origin \"*\"; }`"),
    fix("Caddy", "`@embed path */embed/*` and `header @embed Access-Control-Allow-Origin *`"),
    fix("S3", "upload embed/ too; CORS rule: AllowedOrigins [*], AllowedMethods [GET, HEAD]"),
];

/// Pages of another origin cannot see what a range is of.
pub const EXPOSE: &[Fix] = &[
    fix(
        "nginx",
        "`add_header Access-Control-Expose-Headers \"Content-Range, Content-Length, Content-Encoding, ETag\";`",
    ),
    fix("Caddy", "`header Access-Control-Expose-Headers \"Content-Range, Content-Length, Content-Encoding, ETag\"`"),
    fix("S3", "CORS rule: ExposeHeaders [Content-Range, Content-Length, Content-Encoding, ETag, Accept-Ranges]"),
];

/// A file has another type than browsers insist on.
pub const TYPES: &[Fix] = &[
    fix("nginx", "`include mime.types;` with `application/wasm wasm;` and `text/javascript js;` in it"),
    fix("Caddy", "knows the types by itself; remove `header Content-Type`"),
    fix("S3", "upload with --content-type application/wasm for *.wasm, text/javascript for *.js, text/html for *.html"),
];

/// Files of the page are not compressed.
pub const COMPRESSION: &[Fix] = &[
    fix(
        "nginx",
        "`gzip_static on;` sends the .gz files beside the page's; `gzip on; gzip_types application/wasm text/css \
                  text/javascript;` where that module is missing",
    ),
    fix("Caddy", "`file_server { precompressed zstd gzip }`, or `encode zstd gzip`"),
    fix("S3", "compress in CloudFront (`Compress objects automatically`)"),
];

/// Files whose names tell their content are not kept.
pub const IMMUTABLE: &[Fix] = &[
    fix(
        "nginx",
        "`location ~ \"-[0-9a-f]{16}\\.\" { add_header Cache-Control \"public, max-age=31536000, immutable\"; }`",
    ),
    fix(
        "Caddy",
        "`@hashed path_regexp -[0-9a-f]{16}\\.` and `header @hashed Cache-Control \"max-age=31536000, immutable\"`",
    ),
    fix("S3", "upload them with --cache-control \"public, max-age=31536000, immutable\""),
];

/// Files that change under their names are kept too long.
pub const REVALIDATE: &[Fix] = &[
    fix(
        "nginx",
        "`location ~ (\\.tsm|\\.tsc|\\.tsq|\\.html|/api/datasets)$ { add_header Cache-Control \"no-cache\"; }`",
    ),
    fix(
        "Caddy",
        "`@changing path *.tsm *.tsc *.tsq *.html */api/datasets` and `header @changing Cache-Control no-cache`",
    ),
    fix("S3", "upload *.tsm, *.tsc, *.tsq, *.html and api/datasets with --cache-control no-cache"),
];

/// Few requests go side by side.
pub const HTTP2: &[Fix] = &[
    fix("nginx", "`listen 443 ssl http2;`, or from 1.25.1 on `http2 on;` beside `listen 443 ssl;`"),
    fix("Caddy", "speaks HTTP/2 over HTTPS by itself"),
    fix("S3", "put CloudFront before the bucket"),
];
