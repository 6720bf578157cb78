"""What all tabs share: the theme, the header, the browser's storage, and the line to the server."""
