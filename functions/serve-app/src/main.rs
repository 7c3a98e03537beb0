//! The users' web app, as a Lambda function.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda_http::Error> {
    aws::telemetry::logs::init_on_lambda();
    let store_origin = aws::Settings::from_env()?.store_origin();
    let aws::SignIn { issuer, client_id, origins: issuer_origins, sign_out_url } = aws::SignIn::from_env()?;
    let config = serve_app::AppConfig { issuer, client_id, issuer_origins, sign_out_url, store_origin };
    lambda_http::run(serve_app::router(config)).await
}
