"""Run the app: `python app.py`, or as a Hugging Face Space; `gradio app.py` reloads on each edit.

The app listens on the port in GRADIO_SERVER_PORT, or on 7860. Where charrnn is installed,
`charrnn app` does the same.
"""

from __future__ import annotations

import sys

from charrnn.app import create_context, create_demo, serve
from charrnn.errors import UserError

try:
    if __name__ != "__mp_main__":  # multiprocessing imports this file in each worker process
        context = create_context()
        demo = create_demo(context)
    if __name__ == "__main__":
        serve(demo, context)
except UserError as error:
    sys.exit(error.message)
