using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Channels.Tests.Kestrel.Http;

/// <summary>Whatever an application does, the client gets an answer or an end, and the log one line.</summary>
public sealed class HttpOutcomeTests
{
    private const string Get = "GET /p HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";

    private readonly LogRecord _log = new();
    private readonly ManualTimeProvider _time = new();

    [Test]
    [Proves("C-APP-05", "SEC-74")]
    public async Task An_application_that_fails_before_the_start_gives_500_and_one_log_line()
    {
        await using var app = await StartAsync((scope, receive, send) => throw new InvalidOperationException("boom"));

        Assert.That(await app.SendRawAsync(Get), Does.StartWith("HTTP/1.1 500 ").And.Not.Contain("boom"));
        Assert.That(_log.Errors, Has.Exactly(1).Matches<LogLine>(line => line.Id == 1020 && line.Text.Contains("GET /p", StringComparison.Ordinal)));
        Assert.That(_log.Errors, Has.Exactly(1).Items);
    }

    [Test]
    [Proves("C-APP-05")]
    public async Task An_application_that_fails_after_the_start_ends_the_connection()
    {
        await using var app = await StartAsync(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(200));
            await send(new HttpResponseBody("part"u8.ToArray(), MoreBody: true));
            throw new InvalidOperationException("boom");
        });

        var answer = await app.SendRawAsync(Get);
        Assert.That(answer, Does.Not.Contain("\r\n0\r\n"), "a chunked response that is cut has no last chunk");
        Assert.That(_log.Errors, Has.Exactly(1).Items);
    }

    [Test]
    public async Task An_application_that_returns_without_an_answer_gives_500()
    {
        await using var app = await StartAsync((scope, receive, send) => Task.CompletedTask);

        Assert.That(await app.SendRawAsync(Get), Does.StartWith("HTTP/1.1 500 "));
        Assert.That(_log.Errors.Single().Id, Is.EqualTo(1021));
    }

    [Test]
    public async Task An_application_that_returns_in_the_middle_of_its_answer_ends_the_connection()
    {
        await using var app = await StartAsync(async (scope, receive, send) =>
        {
            await send(new HttpResponseStart(200));
            await send(new HttpResponseBody("part"u8.ToArray(), MoreBody: true));
        });

        Assert.That(await app.SendRawAsync(Get), Does.Not.Contain("\r\n0\r\n"));
        Assert.That(_log.Errors.Single().Id, Is.EqualTo(1021));
    }

    [Test]
    public async Task A_closed_connection_that_leaves_the_application_is_not_an_error()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var app = await StartAsync(async (scope, receive, send) =>
        {
            try
            {
                await receive();
                await receive();
                await send(new HttpResponseStart(200));
            }
            finally
            {
                done.TrySetResult();
            }
        }))
        {
            using (var socket = await app.OpenSocketAsync())
            {
                await socket.SendAsync("GET / HTTP/1.1\r\nHost: h\r\n\r\n"u8.ToArray());
            }

            await done.Task.WaitAsync(Eventually.Patience);
        }

        Assert.That(_log.Errors, Is.Empty);
    }

    [Test]
    [Proves("C-APP-01")]
    public async Task A_plain_request_to_a_consumer_of_websockets_is_404_and_one_line_however_often_it_comes()
    {
        await using var app = await StartAsync(Consumer.Of<Deaf>());
        for (var n = 0; n < 3; n++)
        {
            Assert.That(await app.SendRawAsync(Get), Does.StartWith("HTTP/1.1 404 "));
        }

        Assert.That(_log.Errors, Is.Empty);
        Assert.That(_log.Lines.Where(line => line.Id == 1029).Select(line => line.Text), Has.One.Contains("Deaf was called with a scope of type 'http', but serves: websocket"));
    }

    [Test]
    [Proves("C-APP-01")]
    public async Task A_handshake_to_a_consumer_of_requests_is_404_and_one_line()
    {
        await using var app = await StartAsync(Consumer.Of<Mute>());
        var answer = await app.SendRawAsync(
            "GET /p HTTP/1.1\r\nHost: h\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");

        Assert.That(answer, Does.StartWith("HTTP/1.1 404 "));
        Assert.That(_log.Errors, Is.Empty);
        Assert.That(_log.Lines.Where(line => line.Id == 1108).Select(line => line.Text), Has.One.Contains("Mute was called with a scope of type 'websocket', but serves: http"));
    }

    [Test]
    [Proves("C-APP-01")]
    public async Task A_scope_of_the_applications_own_that_nobody_serves_gives_500_that_names_the_remedy_in_the_log()
    {
        Application inner = Consumer.Of<Deaf>();
        await using var app = await StartAsync((scope, receive, send) => inner(new LineScope(), receive, send));

        Assert.That(await app.SendRawAsync(Get), Does.StartWith("HTTP/1.1 500 "));
        Assert.That(_log.Errors.Single().Error!.Message, Does.Contain("Deaf").And.Contain("'line'").And.Contain("websocket"));
    }

    [Test]
    public async Task A_request_that_takes_too_long_gets_503_and_its_scope_is_aborted()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var aborted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await StartAsync(
            async (scope, receive, send) =>
            {
                scope.Aborted.Register(() => aborted.TrySetResult());
                begun.SetResult();
                await Task.Delay(Timeout.Infinite, scope.Aborted);
            },
            ("RequestTimeout", "00:00:30"));

        var answer = app.SendRawAsync(Get);
        await begun.Task.WaitAsync(Eventually.Patience);
        _time.Advance(TimeSpan.FromSeconds(31)); // once: there is a limit for who has sent nothing yet as well, and one for the answer
        Assert.That(await answer, Does.StartWith("HTTP/1.1 503 ").And.Contain("Retry-After: 5\r\n"));
        await aborted.Task.WaitAsync(Eventually.Patience);
    }

    [Test]
    public async Task A_request_that_takes_too_long_for_a_begun_answer_is_cut_and_late_sends_fail()
    {
        var late = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var app = await StartAsync(
            async (scope, receive, send) =>
            {
                await send(new HttpResponseStart(200));
                await send(new HttpResponseBody("part"u8.ToArray(), MoreBody: true));
                begun.SetResult();
                await end.Task;
                late.TrySetResult(Assert.CatchAsync(async () => await send(new HttpResponseBody())));
            },
            ("RequestTimeout", "00:00:30"));

        var answer = app.SendRawAsync(Get);
        await begun.Task.WaitAsync(Eventually.Patience);
        _time.Advance(TimeSpan.FromSeconds(31));
        Assert.That(await answer, Does.Not.Contain("\r\n0\r\n"));
        end.SetResult();
        Assert.That(await late.Task.WaitAsync(Eventually.Patience), Is.TypeOf<ConnectionClosedException>());
    }

    [Test]
    [Proves("REL-53")]
    public async Task An_application_that_ignores_the_disconnect_is_abandoned()
    {
        var never = new TaskCompletionSource();
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        HttpScope? kept = null;
        await using var app = await StartAsync((scope, receive, send) =>
        {
            kept = (HttpScope)scope;
            started.TrySetResult();
            return never.Task;
        });
        using (var socket = await app.OpenSocketAsync())
        {
            await socket.SendAsync("GET / HTTP/1.1\r\nHost: h\r\nX-A: 1\r\n\r\n"u8.ToArray());
            await started.Task.WaitAsync(Eventually.Patience);
        }

        await Eventually.Is(() => kept!.Aborted.IsCancellationRequested);
        await Eventually.Is(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(11));
            return _log.Lines.Any(line => line.Id == 1023);
        });
        Assert.That(kept!.Headers["x-a"], Is.EqualTo("1"), "an abandoned application may still look at its headers");
        never.SetException(new InvalidOperationException("late"));
    }

    private Task<LiveServer> StartAsync(Application root, params (string Key, string Value)[] settings) => LiveServer.StartFunctionAsync(root, builder =>
    {
        builder.Services.AddSingleton<TimeProvider>(_time);
        builder.Logging.AddProvider(_log);
        builder.Set(settings.ToDictionary(setting => $"Channels:Server:{setting.Key}", setting => (string?)setting.Value));
    });

    private sealed class Deaf : WebSocketConsumer;

    private sealed class Mute : HttpConsumer;

    private sealed record LineScope() : Scope("line");
}
