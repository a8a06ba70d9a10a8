using System.Text;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Consumers;

/// <summary>Streams in both directions, and responses that outlive their handler.</summary>
public sealed partial class HttpStreamingTests
{
    private readonly Journal _journal = new();
    private readonly Gate _gate = new();

    [Test]
    public async Task A_request_body_can_be_read_as_it_arrives()
    {
        await using var request = Communicator.Http(Consumer.Of<Upload>(_journal), "PUT", "/");
        await request.SendBodyAsync("one"u8.ToArray(), moreBody: true);
        await _journal.Has("one");
        await request.SendBodyAsync("two"u8.ToArray(), moreBody: false);

        Assert.That((await request.GetResponseAsync()).Text, Is.EqualTo("2 parts"));
    }

    [Test]
    public async Task A_request_body_nobody_reads_is_skipped()
    {
        await using var request = Communicator.Http(Consumer.Of<Upload>(_journal), "PUT", "/ignore");
        await request.SendBodyAsync("one"u8.ToArray(), moreBody: true);
        await request.SendBodyAsync("two"u8.ToArray(), moreBody: false);

        Assert.That((await request.GetResponseAsync()).Text, Is.EqualTo("ignored"));
    }

    [Test]
    public async Task The_body_cannot_be_read_twice_or_later()
    {
        await using var request = Communicator.Http(Consumer.Of<Upload>(_journal), "PUT", "/twice").WithBody("x");

        Assert.That(async () => await request.GetResponseAsync(), Throws.InvalidOperationException.With.Message.Contains("request body"));
    }

    [Test]
    public async Task A_streaming_response_ends_quietly_when_the_client_leaves()
    {
        await using var request = Communicator.Http(Consumer.Of<Endless>(_journal), "GET", "/");
        await request.ReceiveStartAsync();
        await request.ReceiveBodyAsync();
        await request.DisconnectAsync();

        Assert.That(_journal.Entries, Is.EqualTo(new[] { "disconnect" }));
    }

    [Test]
    public async Task A_streaming_handler_that_waits_is_cancelled_when_the_client_leaves()
    {
        await using var request = Communicator.Http(Consumer.Of<Waiting>(_gate), "GET", "/");
        await request.ReceiveStartAsync();
        await _gate.Reached;

        await request.DisconnectAsync(); // ends without an error, although nobody opens the gate
    }

    [TestCase("/started")]
    [TestCase("/kept")]
    [Proves("C-HTTPC-05")]
    public async Task A_long_poll_lives_until_a_later_message_completes_it(string path)
    {
        await using var services = TestServices.Create(s => s.AddChannels());
        await using var request = Communicator.Http(Consumer.Of<LongPoll>(_journal), "GET", path).WithServices(services);
        await request.SendBodyAsync(default, moreBody: false);
        await _journal.Has("returned");

        await services.GetRequiredService<IChannelLayer>().GroupSendAsync("poll", new Said("news"));

        var response = await request.GetResponseAsync();
        Assert.That(response.Text, Is.EqualTo("news"));
        await request.WaitAsync();
        Assert.That(_journal.Entries, Is.EqualTo(new[] { "returned", "disconnect" }));
    }

    [Test]
    [Proves("C-HTTPC-05")]
    public async Task A_long_poll_ends_when_the_client_leaves()
    {
        await using var services = TestServices.Create(s => s.AddChannels());
        await using var request = Communicator.Http(Consumer.Of<LongPoll>(_journal), "GET", "/kept").WithServices(services);
        await request.SendBodyAsync(default, moreBody: false);
        await _journal.Has("returned");
        await request.DisconnectAsync();

        Assert.That(_journal.Entries, Is.EqualTo(new[] { "returned", "disconnect" }));
    }

    [Test]
    public async Task Detached_work_may_complete_the_response()
    {
        await using var request = Communicator.Http(Consumer.Of<Background>(_gate), "GET", "/");
        await request.SendBodyAsync(default, moreBody: false);
        await _gate.Reached;
        _gate.Open();

        Assert.That((await request.GetResponseAsync()).Text, Is.EqualTo("done"));
        await request.WaitAsync();
    }

    [Test]
    public async Task A_response_with_trailers_is_complete_after_them()
    {
        await using var request = Communicator.Http(Consumer.Of<Trailing>(), "GET", "/");
        var response = await request.GetResponseAsync();

        Assert.That(response.Trailers["x-checksum"], Is.EqualTo("7"));
        await request.WaitAsync();
    }

    private sealed class Upload(Journal journal) : HttpConsumer
    {
        protected override async ValueTask OnRequestAsync()
        {
            if (Scope.Path == "/ignore")
            {
                await SendTextAsync("ignored");
                return;
            }

            var parts = 0;
            await foreach (var part in ReadBodyAsync())
            {
                journal.Add(Encoding.UTF8.GetString(part.Span));
                parts++;
            }

            if (Scope.Path == "/twice")
            {
                await foreach (var _ in ReadBodyAsync())
                {
                    parts++;
                }
            }

            await SendTextAsync($"{parts} parts");
        }
    }

    private sealed class Endless(Journal journal) : HttpConsumer
    {
        protected override async ValueTask OnRequestAsync()
        {
            await SendHeadersAsync();
            while (true)
            {
                await SendBodyAsync("tick"u8.ToArray(), moreBody: true);
                await Support.Pace.TryAgainAsync(); // a test that is held up keeps all of them
            }
        }

        protected override ValueTask OnDisconnectAsync()
        {
            journal.Add("disconnect");
            return default;
        }
    }

    private sealed class Waiting(Gate gate) : HttpConsumer
    {
        protected override async ValueTask OnRequestAsync()
        {
            await SendHeadersAsync();
            await gate.PassAsync(Aborted);
        }
    }

    private sealed partial class LongPoll(Journal journal) : HttpConsumer
    {
        protected override IEnumerable<string> InitialGroups => ["poll"];

        protected override async ValueTask HandleAsync(ReadOnlyMemory<byte> body)
        {
            if (Scope.Path == "/started")
            {
                await SendHeadersAsync();
            }
            else
            {
                KeepOpen();
            }

            journal.Add("returned");
        }

        protected override ValueTask OnDisconnectAsync()
        {
            journal.Add("disconnect");
            return default;
        }

        [Handles]
        private ValueTask Said(Said message) => Scope.Path == "/started" ? SendBodyAsync(Encoding.UTF8.GetBytes(message.Text)) : SendTextAsync(message.Text);
    }

    private sealed class Background(Gate gate) : HttpConsumer
    {
        protected override ValueTask OnRequestAsync()
        {
            KeepOpen();
            Detach(async cancellationToken =>
            {
                await gate.PassAsync(cancellationToken);
                await SendTextAsync("done");
            });
            return default;
        }
    }

    private sealed class Trailing : HttpConsumer
    {
        protected override async ValueTask OnRequestAsync()
        {
            await SendAsync(new HttpResponseStart(200, null, Trailers: true));
            await SendBodyAsync(default);
            await SendAsync(new HttpResponseTrailers(new HeaderList { { "x-checksum", "7" } }));
        }
    }
}
