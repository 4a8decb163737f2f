"""Why a connection failed, as a phrase without addresses."""

import socket
import ssl


def describe_connection_error(error: object) -> str:
    """Describe an error of a socket, of TLS or of HTTP, as seen by the client that waited for a response."""
    match error:
        case ssl.SSLCertVerificationError(verify_code=62 | 64):
            return "its TLS certificate is for another host name"
        case ssl.SSLCertVerificationError(verify_code=10):
            return "its TLS certificate has expired"
        case ssl.SSLCertVerificationError():
            return "its TLS certificate is not trusted"
        case socket.gaierror():
            return "its host name is unknown"
        case TimeoutError():
            return "it did not answer in time"
        case ConnectionRefusedError():
            return "it refused the connection"
    return "it broke off"
