use axum::body::Body;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, IF_NONE_MATCH, LOCATION,
    REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use web::statics::{SHARED, StaticFile, StaticSet};

use super::*;
use crate::files::{APP, SHELL, modules};

fn config() -> AppConfig {
    AppConfig {
        issuer: "http://localhost:8080/auth".into(),
        client_id: "vitrine-web".into(),
        issuer_origins: vec!["https://sign-in.example.org/oauth2".into(), "; script-src *".into()],
        sign_out_url: Some("https://sign-in.example.org/logout".into()),
        store_origin: "http://localhost:8081".into(),
    }
}

async fn send(request: Request<Body>) -> (Response<()>, String) {
    let (head, body) = router(config()).oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (Response::from_parts(head, ()), String::from_utf8(body.into()).unwrap())
}

async fn get(path: &str) -> (Response<()>, String) {
    send(Request::get(path).body(Body::empty()).unwrap()).await
}

#[tokio::test]
async fn every_address_of_the_app_serves_the_shell() {
    let (_, home) = get("/").await;
    assert!(home.contains("<div id=\"app\">") && !home.contains('{'), "every placeholder is filled");
    for path in
        ["/folders/0123", "/assets/0123", "/links", "/links/0123", "/users", "/signed-in?code=a&state=b"]
    {
        let (answer, body) = get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        assert_eq!(body, home, "{path}");
    }
}

#[tokio::test]
async fn every_file_that_the_shell_names_is_served_and_cached() {
    let (_, home) = get("/").await;
    let addresses: Vec<_> =
        home.split('"').filter(|part| part.starts_with("/app/") || part.starts_with("/static/")).collect();
    assert!(addresses.len() > modules(&APP.last()).count());
    for address in addresses {
        let (answer, body) = get(address).await;
        assert_eq!(answer.status(), StatusCode::OK, "{address}");
        assert_eq!(answer.headers()[CACHE_CONTROL], "public, max-age=31536000, immutable", "{address}");
        assert!(!body.is_empty(), "{address}");
    }
}

#[tokio::test]
async fn modules_have_the_content_type_that_browsers_require() {
    let (answer, _) = get(&format!("/app/{}/main.js", APP.last().hash())).await;
    assert_eq!(answer.headers()[CONTENT_TYPE], "text/javascript; charset=utf-8");
    assert_eq!(answer.headers()[X_CONTENT_TYPE_OPTIONS], "nosniff");
}

/// The app's modules with their sources.
fn sources() -> Vec<(String, String)> {
    let app = APP.last();
    let source = |path: &str| String::from_utf8(app.find(path).unwrap().bytes.to_vec()).unwrap();
    modules(&app).chain(["main.js"]).map(|path| (path.to_owned(), source(path))).collect()
}

/// The texts between `before` and the next quotation mark.
fn quoted_after<'a>(source: &'a str, before: &str) -> Vec<&'a str> {
    source.split(before).skip(1).filter_map(|rest| rest.split('\'').next()).collect()
}

/// The path of the module that `module` imports.
fn resolve_import(module: &str, import: &str) -> String {
    let mut folder: Vec<_> = module.split('/').collect();
    folder.pop();
    for part in import.split('/') {
        match part {
            "." => {}
            ".." => assert!(folder.pop().is_some(), "{module} imports {import}"),
            part => folder.push(part),
        }
    }
    folder.join("/")
}

#[test]
fn every_file_has_a_known_content_type() {
    for file in APP.last().files() {
        assert_ne!(file.content_type, "application/octet-stream", "{} has a type", file.path);
    }
}

#[test]
fn imports_and_icons_exist() {
    let sprite = web::statics::find("icons.svg").unwrap().bytes;
    let sprite = std::str::from_utf8(&sprite).unwrap();
    let (mut icons, mut imports) = (0, 0);
    for (path, source) in sources() {
        for import in quoted_after(&source, "from '") {
            imports += 1;
            let import = resolve_import(&path, import);
            assert!(APP.last().find(&import).is_some(), "{path} imports {import}");
        }
        for before in ["icon('", "icon: '", "picture: '", "iconButton('"] {
            for icon in quoted_after(&source, before) {
                icons += 1;
                assert!(sprite.contains(&format!("id=\"{icon}\"")), "{path} draws {icon}");
            }
        }
    }
    assert!(icons > 30 && imports > 100, "{icons}, {imports}");
}

#[test]
fn a_folder_imports_only_from_lower_folders() {
    // From lowest to highest; words.js and main.js are files beside the folders.
    let layers = ["words.js", "base", "sharing", "library", "links", "admin", "frame", "main.js"];
    let layer = |path: &str| {
        let folder = path.split('/').next().unwrap();
        layers.iter().position(|known| *known == folder).unwrap_or_else(|| panic!("{path} has no layer"))
    };
    for (path, source) in sources() {
        for import in quoted_after(&source, "from '") {
            let import = resolve_import(&path, import);
            assert!(layer(&import) <= layer(&path), "{path} imports {import}");
        }
    }
}

#[test]
fn modules_have_no_import_cycle() {
    let mut left: Vec<(String, Vec<String>)> = sources()
        .into_iter()
        .map(|(path, source)| {
            let imports =
                quoted_after(&source, "from '").iter().map(|import| resolve_import(&path, import)).collect();
            (path, imports)
        })
        .collect();
    loop {
        let known: Vec<String> = left.iter().map(|(path, _)| path.clone()).collect();
        left.retain(|(_, imports)| imports.iter().any(|import| known.contains(import)));
        if left.len() == known.len() {
            break;
        }
    }
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn the_shell_names_the_current_files() {
    let app = |main: &'static str| {
        let shell = "<script src=\"{app}/main.js\"></script>{static}/early.js\n{preloads}";
        let files = [("base/dom.js", "export {};"), ("main.js", main), (SHELL, shell)];
        StaticSet::new(files.map(|(path, text)| StaticFile::new(path, text)).into())
    };
    let shared = SHARED.last();
    let [first, edited] = [app("start();"), app("start(); // edited")];
    let [before, after] = [&first, &edited].map(|app| crate::shell::Page::new(app, &shared).unwrap());
    assert_ne!(before.etag, after.etag);
    let html = after.html.body(&http::HeaderMap::new(), &mut http::HeaderMap::new());
    let (app, shared) = (edited.hash(), shared.hash());
    assert_eq!(
        html,
        format!(
            "<script src=\"/app/{app}/main.js\"></script>/static/{shared}/early.js\n  \
             <link rel=\"modulepreload\" href=\"/app/{app}/base/dom.js\">"
        )
    );
    let without_shell = StaticSet::new(Vec::new());
    assert!(crate::shell::Page::new(&without_shell, &SHARED.last()).is_err());
}

#[test]
fn the_shell_names_every_style_sheet() {
    let app = APP.last();
    let shell = std::str::from_utf8(&app.find(SHELL).unwrap().bytes).unwrap();
    for file in app.files().iter().filter(|file| file.path.ends_with(".css")) {
        assert!(shell.contains(&format!("href=\"{{app}}/{}\"", file.path)), "{}", file.path);
    }
}

#[test]
fn no_module_writes_markup_or_inline_code() {
    for (path, source) in sources() {
        for forbidden in
            ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "'style'"]
        {
            assert!(!source.contains(forbidden), "{path} has {forbidden}");
        }
        assert!(source.lines().count() <= 400, "{path} is long");
    }
}

#[tokio::test]
async fn files_of_another_release_redirect_to_this_one() {
    let (answer, _) = get("/app/0123456789abcdef/main.js").await;
    assert_eq!(answer.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(answer.headers()[LOCATION], format!("/app/{}/main.js", APP.last().hash()));
    assert_eq!(answer.headers()[CACHE_CONTROL], "no-store");
    let (answer, _) = get("/static/0123456789abcdef/base.css").await;
    assert_eq!(answer.headers()[LOCATION], web::statics::url("base.css"));
    for unknown in
        ["/app/0123456789abcdef/none.js", "/static/x/..%2Fbase.css", "/app/x/shell.html", "/app/x//evil.test"]
    {
        let (answer, _) = get(unknown).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{unknown}");
    }
}

#[tokio::test]
async fn an_unchanged_shell_is_answered_with_304() {
    let (answer, _) = get("/").await;
    assert_eq!(answer.headers()[CACHE_CONTROL], "no-cache");
    let etag = answer.headers()[ETAG].to_str().unwrap().to_owned();
    let strong = etag.strip_prefix("W/").unwrap();
    for known in [&etag, strong, &format!("\"other\", {etag}"), "*"] {
        let (answer, body) =
            send(Request::get("/links").header(IF_NONE_MATCH, known).body(Body::empty()).unwrap()).await;
        assert_eq!((answer.status(), body.as_str()), (StatusCode::NOT_MODIFIED, ""), "{known}");
    }
    let (answer, _) =
        send(Request::get("/").header(IF_NONE_MATCH, "\"other\"").body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_policy_allows_nothing_inline_and_only_the_stores_and_issuers_origins() {
    let (answer, home) = get("/").await;
    let policy = answer.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
    assert!(policy.starts_with("default-src 'none'; script-src 'self'; style-src 'self'; "), "{policy}");
    assert!(policy.contains("img-src 'self' data: http://localhost:8081;"), "{policy}");
    assert!(
        policy.contains("connect-src 'self' http://localhost:8080 https://sign-in.example.org;"),
        "{policy}"
    );
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("unsafe"), "{policy}");
    assert_eq!(answer.headers()[REFERRER_POLICY], "no-referrer");
    assert!(!home.contains("style=") && !home.contains("<style") && !home.contains("<script>"));
}

#[tokio::test]
async fn an_address_that_would_change_the_policy_is_left_out() {
    for hostile in
        ["", "javascript:alert(1)", "http://a;script-src *", "http://a,b", "ftp://store", "http://a@b"]
    {
        let config = AppConfig {
            issuer: hostile.into(),
            issuer_origins: vec![hostile.into()],
            sign_out_url: None,
            store_origin: hostile.into(),
            ..config()
        };
        let answer = router(config).oneshot(Request::get("/").body(Body::empty()).unwrap()).await.unwrap();
        let policy = answer.headers()[CONTENT_SECURITY_POLICY].to_str().unwrap();
        assert!(
            policy.contains("img-src 'self' data: ; connect-src 'self' ; form-action"),
            "{hostile}: {policy}"
        );
    }
}

#[tokio::test]
async fn the_configuration_names_the_issuer() {
    let (answer, body) = get("/config.json").await;
    assert_eq!(answer.headers()[CONTENT_TYPE], "application/json");
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&body).unwrap(),
        serde_json::json!({
            "issuer": "http://localhost:8080/auth", "client_id": "vitrine-web", "scope": "openid email profile",
            "sign_out_url": "https://sign-in.example.org/logout",
        })
    );
}

#[tokio::test]
async fn an_unknown_address_gets_a_page_with_404() {
    for path in ["/nothing", "/folders", "/folders/a/b", "/links/a/b", "/app/x", "/static/"] {
        let (answer, body) = get(path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.headers()[CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
        assert_eq!(answer.headers()[CACHE_CONTROL], "no-store", "{path}");
        assert!(body.contains("There is nothing here"), "{path}");
    }
}

#[tokio::test]
async fn robots_txt_and_the_favicon_are_served() {
    let (answer, body) = get("/robots.txt").await;
    assert_eq!(answer.headers()[CONTENT_TYPE], "text/plain; charset=utf-8");
    assert!(body.lines().any(|line| line == "Disallow: /s/"));
    let (answer, body) = get("/favicon.svg").await;
    assert_eq!(answer.headers()[CONTENT_TYPE], "image/svg+xml");
    assert!(body.starts_with("<svg"));
}

#[tokio::test]
async fn only_get_and_head_are_allowed() {
    for path in ["/", "/links", "/config.json", "/robots.txt"] {
        let request = Request::builder().method(Method::POST).uri(path).body(Body::empty()).unwrap();
        let (answer, _) = send(request).await;
        assert_eq!(answer.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
        assert_eq!(answer.headers()[ALLOW], "GET,HEAD", "{path}");
    }
    let (answer, body) = send(Request::head("/").body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status(), body.as_str()), (StatusCode::OK, ""));
}

#[tokio::test]
async fn every_answer_of_an_https_site_requires_https() {
    let file = format!("/app/{}/main.js", APP.last().hash());
    for path in
        ["/", "/nothing", "/config.json", "/robots.txt", "/favicon.svg", &file, "/app/0/main.js", "/app/x/y"]
    {
        for method in [Method::GET, Method::HEAD, Method::POST] {
            let request = |proto| {
                let builder = Request::builder().method(method.clone()).uri(path);
                builder.header("x-forwarded-proto", proto).body(Body::empty()).unwrap()
            };
            let (answer, _) = send(request("https")).await;
            assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000", "{method} {path}");
            let (answer, _) = send(request("http")).await;
            assert!(!answer.headers().contains_key("strict-transport-security"), "{method} {path}");
        }
    }
}

#[tokio::test]
async fn the_apis_document_is_asked_for_again_and_sent_once() {
    let (first, body) = get("/api/openapi.json").await;
    assert_eq!(first.status(), StatusCode::OK);
    assert_eq!(
        (&first.headers()[CONTENT_TYPE], &first.headers()[CACHE_CONTROL]),
        (&"application/json".parse().unwrap(), &"no-cache".parse().unwrap())
    );
    let document: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert!(document["paths"]["/api/openapi.json"].is_object());
    let again = Request::get("/api/openapi.json").header(IF_NONE_MATCH, &first.headers()[ETAG]);
    let (again, body) = send(again.body(Body::empty()).unwrap()).await;
    assert_eq!((again.status(), body.as_str()), (StatusCode::NOT_MODIFIED, ""));
    let (refused, body) = send(Request::post("/api/openapi.json").body(Body::empty()).unwrap()).await;
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(refused.headers()[CONTENT_TYPE], "application/problem+json");
    assert!(body.contains("GET"), "{body}");
}
