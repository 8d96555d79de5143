# The book in a container, for readers on a Mac, on Windows or on another Linux:
#   docker build --tag nn-book .
#   docker run --rm --interactive --tty nn-book ./book mnist
# tests/container.sh runs these steps without Docker.
FROM debian:trixie
RUN apt-get update && \
    apt-get install --yes --no-install-recommends ca-certificates clangd-19 git python3 && \
    rm -rf /var/lib/apt/lists/*
WORKDIR /book
COPY . .
RUN ./book setup && rm -rf /var/lib/apt/lists/*
CMD ["bash"]
