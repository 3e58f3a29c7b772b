//! A headless browser with a profile of its own.

use std::{fs, path::PathBuf, thread};

use anyhow::{Context as _, Result, bail};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use fantoccini::{Client, ClientBuilder};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    Environment,
    display::Display,
    driver::{Driver, DriverKind},
    page::PATIENCE,
};

/// What the browser can draw with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Graphics {
    /// WebGPU, on the software adapter.
    WebGpu,
    /// WebGL2 alone, in software.
    WebGl2,
    /// Neither.
    Nothing,
}

impl Graphics {
    fn arguments(self) -> &'static [&'static str] {
        match self {
            // Without Vulkan for the browser itself the device is lost once a frame is presented.
            Self::WebGpu => &[
                "--enable-unsafe-webgpu",
                "--use-webgpu-adapter=swiftshader",
                "--use-vulkan=swiftshader",
                "--enable-features=Vulkan",
                "--use-angle=vulkan",
                "--enable-unsafe-swiftshader",
            ],
            Self::WebGl2 => {
                &["--use-angle=swiftshader", "--enable-unsafe-swiftshader", "--disable-blink-features=WebGPU"]
            }
            Self::Nothing => &[
                "--disable-gpu",
                "--disable-3d-apis",
                "--disable-software-rasterizer",
                "--disable-blink-features=WebGPU",
            ],
        }
    }
}

/// The size of the page, in CSS pixels, and what stands behind one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Screen {
    /// Width in CSS pixels.
    pub width: u32,
    /// Height in CSS pixels.
    pub height: u32,
    /// Device pixels a CSS pixel.
    pub ratio: f64,
    /// Whether it is touched, as a phone is.
    pub mobile: bool,
}

impl Screen {
    /// A laptop's.
    pub const DESK: Self = Self { width: 1440, height: 900, ratio: 1.0, mobile: false };
    /// A phone's.
    pub const PHONE: Self = Self { width: 390, height: 844, ratio: 2.0, mobile: true };
}

/// Lines that the browser itself writes to the console, whatever the page does.
const NOISE: [&str; 5] = [
    // WebGL on the software rasterizer.
    "Automatic fallback to software WebGL has been deprecated",
    "GPU stall due to ReadPixels",
    // WebGPU on Windows and Linux.
    "The powerPreference option is currently ignored",
    "WebGPU is experimental on this platform",
    "No available adapters",
];

/// A browser. It ends when dropped; when the test has failed, a screenshot stays.
#[derive(Debug)]
pub struct Browser {
    /// The WebDriver session.
    pub client: Client,
    session: String,
    driver: Driver,
    kind: DriverKind,
    name: &'static str,
    shots: PathBuf,
    downloads: TempDir,
    _profile: Option<TempDir>,
    _display: Option<Display>,
}

/// A session of the browser that a driver starts, and its id.
async fn connect(driver: &Driver, capabilities: Value) -> Result<(Client, String)> {
    let Value::Object(capabilities) = capabilities else { bail!("capabilities are an object") };
    let mut builder = ClientBuilder::new(HttpConnector::new());
    let client = builder.capabilities(capabilities).connect(&driver.address()).await;
    let client = client.context("the browser does not start")?;
    let session = client.session_id().await?.context("the session has no id")?;
    Ok((client, session))
}

impl Browser {
    /// Starts a browser; `name` is what screenshots of failures are called.
    ///
    /// # Errors
    /// When the browser or its driver does not start.
    pub async fn start(environment: &Environment, graphics: Graphics, name: &'static str) -> Result<Self> {
        Self::start_with(environment, graphics, &json!({}), name).await
    }

    /// Starts a browser whose user lets no site keep data.
    ///
    /// # Errors
    /// When the browser or its driver does not start.
    pub async fn start_without_storage(environment: &Environment, name: &'static str) -> Result<Self> {
        const BLOCKED: u32 = 2;

        let settings = json!({ "profile.default_content_setting_values.cookies": BLOCKED });
        Self::start_with(environment, Graphics::WebGpu, &settings, name).await
    }

    /// Starts a browser with further settings of its profile.
    async fn start_with(
        environment: &Environment,
        graphics: Graphics,
        settings: &Value,
        name: &'static str,
    ) -> Result<Self> {
        let (profile, downloads) = (tempfile::tempdir()?, tempfile::tempdir()?);
        let driver = Driver::start(DriverKind::Chrome, &environment.driver, None)?;
        let mut arguments: Vec<String> = [
            "--headless=new",
            "--no-sandbox",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
            "--no-default-browser-check",
            "--hide-scrollbars",
            "--force-color-profile=srgb",
            "--window-size=1440,1000",
            // No test is about motion, and none waits for it.
            "--force-prefers-reduced-motion",
            // A machine without a mouse would have style sheets take it for a phone.
            "--blink-settings=primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4",
        ]
        .map(str::to_owned)
        .to_vec();
        arguments.extend(graphics.arguments().iter().map(|&argument| argument.to_owned()));
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        let mut preferences = json!({
            "download.default_directory": downloads.path(),
            "download.prompt_for_download": false,
        });
        for (setting, value) in settings.as_object().into_iter().flatten() {
            preferences[setting] = value.clone();
        }
        let capabilities = json!({
            "browserName": "chrome",
            "timeouts": { "script": PATIENCE.as_millis() as u64, "pageLoad": PATIENCE.as_millis() as u64 },
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": {
                "binary": environment.chrome,
                "args": arguments,
                "prefs": preferences,
            },
        });
        let (client, session) = connect(&driver, capabilities).await?;
        let shots = environment.shots.clone();
        let kind = DriverKind::Chrome;
        let browser =
            Self { client, session, driver, kind, name, shots, downloads, _profile: Some(profile), _display: None };
        browser.resize(Screen::DESK)?;
        Ok(browser)
    }

    /// Starts Firefox on a screen that nobody sees: without one it has no WebGL. The driver gives it a profile of its own.
    ///
    /// # Errors
    /// When the browser, its driver or the screen does not start, or the environment names none.
    pub async fn start_firefox(environment: &Environment, name: &'static str) -> Result<Self> {
        let (program, driver) = environment
            .firefox
            .as_ref()
            .context("FIREFOX and GECKODRIVER are not set: run these tests by `cargo xtask test --only browsers`")?;
        let downloads = tempfile::tempdir()?;
        let display = Display::start()?;
        let driver = Driver::start(DriverKind::Gecko, driver, Some(&display))?;
        let capabilities = json!({
            "browserName": "firefox",
            "timeouts": { "script": PATIENCE.as_millis() as u64, "pageLoad": PATIENCE.as_millis() as u64 },
            "moz:firefoxOptions": {
                "binary": program,
                "prefs": {
                    "browser.download.dir": downloads.path(),
                    "browser.download.folderList": 2,
                    "ui.prefersReducedMotion": 1,
                    // A mouse, which a machine without one would not have.
                    "ui.primaryPointerCapabilities": 6,
                    "ui.allPointerCapabilities": 6,
                    // Mesa's software renderer.
                    "webgl.force-enabled": true,
                },
            },
        });
        Self::on_display(environment, display, driver, DriverKind::Gecko, capabilities, name, downloads).await
    }

    /// Starts a browser of WebKitGTK on a screen that nobody sees, without a profile.
    ///
    /// # Errors
    /// When the browser, its driver or the screen does not start, or the environment names none.
    pub async fn start_webkit(environment: &Environment, name: &'static str) -> Result<Self> {
        let (program, driver) = environment
            .webkit
            .as_ref()
            .context("WEBKIT and WEBKITDRIVER are not set: run these tests by `cargo xtask test --only browsers`")?;
        let display = Display::start()?;
        let driver = Driver::start(DriverKind::WebKit, driver, Some(&display))?;
        let capabilities = json!({
            "timeouts": { "script": PATIENCE.as_millis() as u64, "pageLoad": PATIENCE.as_millis() as u64 },
            "webkitgtk:browserOptions": { "binary": program, "args": ["--automation"] },
        });
        Self::on_display(environment, display, driver, DriverKind::WebKit, capabilities, name, tempfile::tempdir()?)
            .await
    }

    /// Starts the browser of a driver on a screen, with a window as large as a laptop's.
    async fn on_display(
        environment: &Environment,
        display: Display,
        driver: Driver,
        kind: DriverKind,
        capabilities: Value,
        name: &'static str,
        downloads: TempDir,
    ) -> Result<Self> {
        let (client, session) = connect(&driver, capabilities).await?;
        let Screen { width, height, .. } = Screen::DESK;
        client.set_window_rect(0, 0, width, height).await?;
        // The page alone is to have this height, below the browser's bars.
        let bars = client.execute(&format!("return {height} - innerHeight"), Vec::new()).await?;
        let bars = bars.as_u64().and_then(|bars| u32::try_from(bars).ok()).unwrap_or_default();
        client.set_window_rect(0, 0, width, height + bars).await?;
        let shots = environment.shots.clone();
        Ok(Self { client, session, driver, kind, name, shots, downloads, _profile: None, _display: Some(display) })
    }

    /// Gives the page a size.
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn resize(&self, screen: Screen) -> Result<()> {
        let metrics = json!({
            "width": screen.width,
            "height": screen.height,
            "deviceScaleFactor": screen.ratio,
            "mobile": screen.mobile,
        });
        self.driver.devtools(&self.session, "Emulation.setDeviceMetricsOverride", &metrics)?;
        let touch = json!({ "enabled": screen.mobile });
        self.driver.devtools(&self.session, "Emulation.setTouchEmulationEnabled", &touch)?;
        Ok(())
    }

    /// Runs a script in every page from now on, before anything of the page itself.
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn before_pages(&self, script: &str) -> Result<()> {
        let script = json!({ "source": script });
        self.driver.devtools(&self.session, "Page.addScriptToEvaluateOnNewDocument", &script)?;
        Ok(())
    }

    /// Puts fingers on the page, moves them or lifts them: `kind` is `touchStart`, `touchMove` or `touchEnd`, `fingers`
    /// are those that touch then, in CSS pixels of the page.
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn touch(&self, kind: &str, fingers: &[[f64; 2]]) -> Result<()> {
        let points: Vec<Value> =
            fingers.iter().enumerate().map(|(id, [x, y])| json!({ "x": x, "y": y, "id": id })).collect();
        let event = json!({ "type": kind, "touchPoints": points });
        self.driver.devtools(&self.session, "Input.dispatchTouchEvent", &event)?;
        Ok(())
    }

    /// Carries out a command of the DevTools protocol in the page, and returns what it gives.
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn devtools(&self, command: &str, parameters: &Value) -> Result<Value> {
        self.driver.devtools(&self.session, command, parameters)
    }

    /// Warnings and errors of the console since the last call, without the browser's own noise. Only ChromeDriver tells
    /// them.
    ///
    /// # Errors
    /// When the driver refuses.
    pub fn complaints(&self) -> Result<Vec<String>> {
        if self.kind != DriverKind::Chrome {
            return Ok(Vec::new());
        }
        let said = self.driver.console(&self.session)?;
        let complaints = said
            .iter()
            .filter(|entry| matches!(entry["level"].as_str(), Some("WARNING" | "SEVERE")))
            .filter_map(|entry| entry["message"].as_str())
            .filter(|message| NOISE.iter().all(|noise| !message.contains(noise)))
            .map(str::to_owned)
            .collect();
        Ok(complaints)
    }

    /// Fails when the console holds warnings or errors other than those that contain one of
    /// `expected`.
    ///
    /// # Errors
    /// Naming them.
    pub fn expect_complaints(&self, expected: &[&str]) -> Result<()> {
        let mut complaints = self.complaints()?;
        complaints.retain(|complaint| expected.iter().all(|expected| !complaint.contains(expected)));
        if complaints.is_empty() { Ok(()) } else { bail!("the console complains:\n{}", complaints.join("\n")) }
    }

    /// The file that the page has saved, once it is whole: its name and its bytes.
    ///
    /// The browser writes beside the file and moves it to its name at the end, and may hold the name before that by an
    /// empty file. Nothing that the page saves is empty.
    pub(crate) fn downloaded(&self) -> Result<Option<(String, Vec<u8>)>> {
        let mut saved = None;
        for entry in fs::read_dir(self.downloads.path())? {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if name.starts_with('.') || path.extension().is_some_and(|extension| extension == "crdownload") {
                return Ok(None);
            }
            saved = Some((path, name));
        }
        let Some((path, name)) = saved else { return Ok(None) };
        let bytes = fs::read(&path)?;
        if bytes.is_empty() {
            return Ok(None);
        }
        fs::remove_file(&path)?;
        Ok(Some((name, bytes)))
    }

    /// Keeps a screenshot of the page as `{name of the test}-{what}.png`.
    ///
    /// # Errors
    /// When it cannot be taken or written.
    pub fn shoot(&self, what: &str) -> Result<()> {
        let png = self.driver.ask("GET", &format!("/session/{}/screenshot", self.session), None)?;
        let png = STANDARD.decode(png.as_str().context("a screenshot is text")?)?;
        fs::create_dir_all(&self.shots)?;
        fs::write(self.shots.join(format!("{}-{what}.png", self.name)), png)?;
        Ok(())
    }

    /// Keeps a screenshot of a failure.
    pub(crate) fn shoot_failure(&self) {
        if self.shoot("failed").is_ok() {
            eprintln!("screenshot: {}", self.shots.join(format!("{}-failed.png", self.name)).display());
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        if thread::panicking() {
            self.shoot_failure();
        }
        // The driver ends the browser; without a driver there is none.
        let _ = self.driver.ask("DELETE", &format!("/session/{}", self.session), None);
    }
}
