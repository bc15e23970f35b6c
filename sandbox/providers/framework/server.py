"""Serves a plugin to the engine and ends with it."""

import asyncio
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
import grpc.aio
from google.protobuf.any_pb2 import Any as AnyMessage
from pulumi.provider.experimental.property_value import PropertyValue
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

from sandbox.providers.framework.errors import Failure
from sandbox.providers.framework.operation import REQUEST, Engine
from sandbox.providers.framework.provider import PartialState, Provider

_MESSAGE_BYTES = 400 * 1024 * 1024
_THREADS = 64


class _Answers(grpc.aio.ServerInterceptor):
    """Reports an exception as its message; the SDK's server would add a traceback."""

    async def intercept_service(self, continuation: Any, handler_call_details: Any) -> Any:
        handler = await continuation(handler_call_details)
        if handler is None or handler.unary_unary is None:
            return handler

        async def answer(request: Any, context: grpc.aio.ServicerContext) -> Any:
            REQUEST.set(request)
            try:
                return _without_empty(await handler.unary_unary(request, context))
            except NotImplementedError as missing:
                await context.abort(grpc.StatusCode.UNIMPLEMENTED, str(missing))
            except Exception as wrapped:
                await _abort(context, wrapped.__context__ or wrapped)

        return grpc.unary_unary_rpc_method_handler(
            answer, handler.request_deserializer, handler.response_serializer
        )


def _without_empty(answer: Any) -> Any:
    """Omit all properties of a deleted resource: the SDK's server would send empty objects."""
    if isinstance(answer, provider_pb2.ReadResponse) and not answer.id:
        return provider_pb2.ReadResponse()
    return answer


async def _abort(context: grpc.aio.ServicerContext, error: BaseException) -> None:
    if isinstance(error, PartialState):
        await context.abort(
            grpc.StatusCode.UNKNOWN,
            str(error),
            (("grpc-status-details-bin", _init_failed(error)),),
        )
    if isinstance(error, Failure):
        await context.abort(grpc.StatusCode.UNKNOWN, str(error))
    # A bug of the plugin: report its file and line.
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f" ({trace.tb_frame.f_code.co_filename}:{trace.tb_lineno})" if trace else ""
    await context.abort(grpc.StatusCode.UNKNOWN, f"{type(error).__name__}: {error}{where}")


def _init_failed(error: PartialState) -> bytes:
    detail = AnyMessage()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=error.id,
            properties=PropertyValue.marshal_map(error.state),
            reasons=error.reasons,
            inputs=PropertyValue.marshal_map(error.inputs) if error.inputs else None,
        )
    )
    code = grpc.StatusCode.UNKNOWN.value[0]
    return status_pb2.Status(code=code, message=str(error), details=[detail]).SerializeToString()


def leave(*_: Any) -> None:
    """Exit immediately and kill all child processes."""
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


async def end_with(address: str) -> None:
    """End the plugin when its engine no longer listens at the address."""
    host, port = address.rsplit(":", 1)
    while True:
        await asyncio.sleep(1)
        try:
            _, writer = await asyncio.open_connection(host, int(port))
            writer.close()
        except OSError:
            leave()


def serve(provider: Provider, version: str, arguments: list[str] | None = None) -> None:
    """Run the provider until the engine stops it or ends."""
    arguments = sys.argv[1:] if arguments is None else arguments
    address = next((word for word in arguments if ":" in word and word[0] != "-"), "")
    provider.engine = Engine(address)

    async def run() -> None:
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(_THREADS))
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, leave)
        server = grpc.aio.server(
            interceptors=[_Answers()],
            options=[("grpc.max_receive_message_length", _MESSAGE_BYTES)],
        )
        servicer = ProviderServicer(arguments, version, provider, engine_address=address)
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
        port = server.add_insecure_port("127.0.0.1:0")
        await server.start()
        print(port, flush=True)
        if address:
            await end_with(address)
        await server.wait_for_termination()

    asyncio.run(run())
