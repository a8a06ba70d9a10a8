using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.Consumers;

/// <summary>What a WebSocket consumer sends and gets (channels.md, "WebSocket consumers").</summary>
public sealed partial class WebSocketConsumerTests
{
    private readonly Script _script = new();
    private ServiceProvider? _services;

    [TearDown]
    public async Task DisposeServices()
    {
        if (_services is not null)
        {
            await _services.DisposeAsync();
        }
    }

    [Test]
    [Proves("C-WSC-01", "C-WSC-10")]
    public async Task Connect_accepts_by_default_with_nothing_chosen()
    {
        await using var socket = Communicator.Application(Consumer.Of<Plain>(), new WebSocketScope { Path = "/" });
        await socket.SendInputAsync(WebSocketConnect.Instance);

        var accept = await socket.ReceiveOutputAsync<WebSocketAccept>();

        Assert.That(accept.Subprotocol, Is.Null);
        Assert.That(accept.Headers, Is.Null);
        await socket.SendInputAsync(new WebSocketDisconnect(1000));
    }

    [Test]
    [Proves("C-WSC-02", "C-WSC-03")]
    public async Task Text_and_binary_reach_their_own_methods()
    {
        var seen = new Journal();
        (_script.OnText, _script.OnBinary) = (t => seen.Add($"text {t}"), b => seen.Add($"binary {Convert.ToHexString(b.Span)}"));
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync("grüß");
        await socket.SendTextAsync("");
        await socket.SendBinaryAsync(new byte[] { 0xC3, 0x28 });
        await socket.SendBinaryAsync(default);
        await socket.DisconnectAsync();

        Assert.That(seen.Entries, Is.EqualTo(new[] { "text grüß", "text ", "binary C328", "binary " }));
    }

    [Test]
    [Proves("C-WSC-04", "C-WSC-19")]
    public async Task Disconnect_receives_code_and_reason()
    {
        WebSocketDisconnect? seen = null;
        _script.OnDisconnect = d => seen = d;
        await using var socket = await ConnectAsync();
        await socket.DisconnectAsync(4001, "bye");

        Assert.That(seen, Is.EqualTo(new WebSocketDisconnect(4001, "bye")));
    }

    [Test]
    [Proves("C-WSC-05")]
    public async Task Accept_selects_a_subprotocol_and_the_scope_shows_the_offers_in_order()
    {
        IReadOnlyList<string>? offered = null;
        _script.Connect = c =>
        {
            offered = c.Scope.Subprotocols;
            return c.Accept("b");
        };
        await using var socket = Socket().WithSubprotocols("a", "b");

        Assert.That((await socket.ConnectAsync()).Subprotocol, Is.EqualTo("b"));
        Assert.That(offered, Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    [Proves("C-WSC-06", "C-WSC-07", "C-WSC-17")]
    public async Task A_consumer_is_in_its_groups_before_connect_runs_until_it_ends()
    {
        var layer = UseLayer();
        _script.Groups = ["room"];
        var members = 0;
        _script.Connect = async c =>
        {
            members = layer.GroupCount;
            await c.Accept();
        };
        await using var socket = await ConnectAsync();
        await layer.GroupSendAsync("room", new Said("hello"));

        Assert.That(members, Is.EqualTo(1));
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("hello"));

        await socket.DisconnectAsync();
        Assert.That(layer.GroupCount, Is.Zero);
    }

    [Test]
    [Proves("C-WSC-17")]
    public async Task A_refused_connection_leaves_its_groups_again()
    {
        var layer = UseLayer();
        _script.Groups = ["room"];
        _script.Connect = c => c.Close(1000);
        await using var socket = Socket();

        Assert.That((await socket.ConnectAsync()).Status, Is.EqualTo(403));
        await socket.WaitAsync();
        Assert.That(layer.GroupCount, Is.Zero);
    }

    [Test]
    [Proves("C-WSC-08")]
    public async Task Accept_headers_are_in_the_event()
    {
        _script.Connect = c => c.Accept(null, new HeaderList { { "X-Room", "1" }, { "x-room", "2" } });
        await using var socket = Socket();

        Assert.That((await socket.ConnectAsync()).Headers.GetValues("x-room"), Is.EqualTo(new[] { "1", "2" }));
    }

    [Test]
    [Proves("C-WSC-09", "C-WSC-14")]
    public async Task Close_sends_code_and_reason()
    {
        await using var socket = await ConnectAsync();
        _script.Text = (c, _) => c.Close(4002, "enough");
        await socket.SendTextAsync("");

        Assert.That(await socket.ReceiveCloseAsync(), Is.EqualTo(new WebSocketClose(4002, "enough")));
        await socket.WaitAsync();
    }

    [Test]
    [Proves("C-WSC-11", "C-WSC-12")]
    public async Task A_message_may_be_followed_by_a_close()
    {
        await using var socket = await ConnectAsync();
        _script.Text = (c, text) => c.Send(text, int.TryParse(text, out var code) ? code : null);
        await socket.SendTextAsync("open");
        await socket.SendTextAsync("4001");

        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("open"));
        Assert.That(await socket.ReceiveTextAsync(), Is.EqualTo("4001"));
        Assert.That(await socket.ReceiveCloseAsync(), Is.EqualTo(new WebSocketClose(4001)));
    }

    [Test]
    [Proves("C-WSC-11")]
    public async Task Close_without_a_code_is_1000()
    {
        await using var socket = await ConnectAsync();
        _script.Text = (c, _) => c.Close();
        await socket.SendTextAsync("");

        Assert.That(await socket.ReceiveCloseAsync(), Is.EqualTo(new WebSocketClose(1000, "")));
    }

    [Test]
    [Proves("C-WSC-13")]
    public async Task Sending_null_is_an_argument_error_and_empty_text_is_a_message()
    {
        await using var socket = await ConnectAsync();
        _script.Text = (c, text) => c.Send(text == "null" ? null! : "", null);
        await socket.SendTextAsync("");
        Assert.That(await socket.ReceiveTextAsync(), Is.Empty);
        await socket.SendTextAsync("null");

        Assert.That(async () => await socket.WaitAsync(), Throws.ArgumentNullException);
    }

    [Test]
    [Proves("C-WSC-14")]
    public async Task A_refusal_may_carry_a_response_and_ends_like_any_connection()
    {
        WebSocketDisconnect? seen = null;
        _script.OnDisconnect = d => seen = d;
        _script.Connect = c => c.Deny(401, "who are you?");
        await using var socket = Socket();

        var answer = await socket.ConnectAsync();
        await socket.WaitAsync();

        Assert.That((answer.Status, answer.BodyText), Is.EqualTo((401, "who are you?")));
        Assert.That(seen?.Code, Is.EqualTo(1006));
    }

    [Test]
    [Proves("C-WSC-15")]
    public async Task Closing_after_accept_closes_the_open_socket()
    {
        _script.Connect = async c =>
        {
            await c.Accept();
            await c.Close(4003);
        };
        await using var socket = await ConnectAsync();

        Assert.That(await socket.ReceiveCloseAsync(), Is.EqualTo(new WebSocketClose(4003)));
        await socket.WaitAsync();
    }

    [Test]
    [Proves("C-WSC-16")]
    public async Task Groups_without_a_layer_are_an_error_that_tells_the_remedy()
    {
        _script.Groups = ["room"];
        await using var socket = Socket();

        Assert.That(async () => await socket.ConnectAsync(), Throws.InvalidOperationException.With.Message.Contains("AddChannels"));
    }

    [Test]
    [Proves("C-WSC-16")]
    public async Task Groups_on_a_layer_without_groups_are_an_error_that_names_it()
    {
        _script.Groups = ["room"];
        await using var socket = Socket().WithScope(s => s with { Services = new OneService(new RecordingLayer { Features = ChannelLayerFeatures.None }) });

        Assert.That(async () => await socket.ConnectAsync(), Throws.InvalidOperationException.With.Message.Contains("'default' has no groups"));
    }

    [Test]
    public async Task After_its_own_close_a_consumer_gets_nothing_but_the_disconnect()
    {
        var layer = UseLayer();
        _script.Groups = ["room"];
        var gate = new Gate();
        WebSocketDisconnect? seen = null;
        _script.OnDisconnect = d => seen = d;
        _script.Text = async (c, _) =>
        {
            await c.Close(4004);
            await gate.PassAsync();
        };
        await using var socket = await ConnectAsync();
        await socket.SendTextAsync("");
        await gate.Reached;
        await layer.GroupSendAsync("room", new Said("nobody is left to hear it")); // its handler would send, which is illegal now
        gate.Open();

        Assert.That((await socket.ReceiveCloseAsync()).Code, Is.EqualTo(4004));
        await socket.WaitAsync();
        Assert.That(seen?.Code, Is.EqualTo(4004));
    }

    [Test]
    public async Task A_forwarded_message_needs_no_handler()
    {
        var layer = UseLayer();
        _script.Groups = ["room"];
        await using var socket = await ConnectAsync();
        var message = WebSocketSend.FromText("as it is");
        await layer.GroupSendAsync("room", ChannelMessage.Forward(message));

        Assert.That(await socket.ReceiveOutputAsync<WebSocketSend>(), Is.SameAs(message));
    }

    [Test]
    public async Task A_text_that_all_members_send_unchanged_is_one_event_for_all()
    {
        var layer = UseLayer();
        _script.Groups = ["room"];
        await using var first = await ConnectAsync();
        await using var second = await ConnectAsync();
        await layer.GroupSendAsync("room", new Said("same"));

        Assert.That(await first.ReceiveOutputAsync<WebSocketSend>(), Is.SameAs(await second.ReceiveOutputAsync<WebSocketSend>()));
    }

    private InMemoryChannelLayer UseLayer()
    {
        _services = TestServices.Create(s => s.AddChannels());
        return (InMemoryChannelLayer)_services.GetRequiredService<IChannelLayer>();
    }

    private WebSocketCommunicator Socket()
    {
        var socket = Communicator.WebSocket(Consumer.Of<Scripted>(_script), "/");
        return _services is null ? socket : socket.WithServices(_services);
    }

    private async Task<WebSocketCommunicator> ConnectAsync()
    {
        var socket = Socket();
        await socket.ConnectAsync();
        return socket;
    }

    private sealed class Plain : WebSocketConsumer;

    private sealed class Script
    {
        public string[] Groups { get; set; } = [];

        public Func<Scripted, ValueTask> Connect { get; set; } = c => c.Accept();

        public Func<Scripted, string, ValueTask>? Text { get; set; }

        public Action<string>? OnText { get; set; }

        public Action<ReadOnlyMemory<byte>>? OnBinary { get; set; }

        public Action<WebSocketDisconnect>? OnDisconnect { get; set; }
    }

    private sealed partial class Scripted(Script script) : WebSocketConsumer
    {
        protected override IEnumerable<string> InitialGroups => script.Groups;

        public ValueTask Accept(string? subprotocol = null, HeaderList? headers = null) => AcceptAsync(subprotocol, headers);

        public ValueTask Close(int code = 1000, string reason = "") => CloseAsync(code, reason);

        public ValueTask Deny(int status, string body) => DenyAsync(status, body);

        public ValueTask Send(string text, int? close) => SendTextAsync(text, close);

        protected override ValueTask OnConnectAsync() => script.Connect(this);

        protected override ValueTask OnTextAsync(string text)
        {
            script.OnText?.Invoke(text);
            return script.Text?.Invoke(this, text) ?? default;
        }

        protected override ValueTask OnBinaryAsync(ReadOnlyMemory<byte> payload)
        {
            script.OnBinary?.Invoke(payload);
            return default;
        }

        protected override ValueTask OnDisconnectAsync(WebSocketDisconnect disconnect)
        {
            script.OnDisconnect?.Invoke(disconnect);
            return default;
        }

        [Handles]
        private ValueTask Said(Said message) => SendTextAsync(message.Text);
    }
}
