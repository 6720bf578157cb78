# The app for a host of your own: docker build -t charrnn . && docker run -p 7860:7860 charrnn
FROM python:3.12-slim

# The build of PyTorch without GPU support: 1.6 GB in all, instead of 5.1.
COPY requirements.txt /tmp/
RUN pip install --no-cache-dir "torch>=2.8,<2.14" \
        --index-url https://download.pytorch.org/whl/cpu \
    && pip install --no-cache-dir -r /tmp/requirements.txt

COPY . /app
RUN useradd --create-home charrnn && mkdir /data && chown charrnn /data
USER charrnn
WORKDIR /app
ENV CHARRNN_RUNS=/data/runs CHARRNN_CACHE=/data/cache HF_HOME=/data/huggingface \
    GRADIO_SERVER_NAME=0.0.0.0 PYTHONUNBUFFERED=1
VOLUME /data
EXPOSE 7860
CMD ["python", "app.py"]
