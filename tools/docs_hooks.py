"""What mkdocs cannot say in its settings: the decision records in the navigation, and the diagrams' script from npm."""

from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = "assets/mermaid.js"
MERMAID = ROOT / "node_modules" / "@mermaid-js" / "tiny" / "dist" / "mermaid.tiny.js"


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Every record in docs/adr/ stands under Decisions, in order of its number."""
    records = sorted(path.name for path in Path(config.docs_dir, "adr").glob("[0-9]*.md"))
    config.nav = [*(config.nav or []), {"Decisions": [f"adr/{name}" for name in records]}]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Serve the diagrams' script from the site itself: the theme would fetch it from elsewhere."""
    files.append(File.generated(config, SCRIPT, abs_src_path=str(MERMAID)))
    return files
