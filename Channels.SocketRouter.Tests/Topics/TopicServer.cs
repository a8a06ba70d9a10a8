using System.Text.Json;
using Channels.SocketRouter;
using Channels.Testing;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.SocketRouter;

/// <summary>Clients of one process: they share its layer, history and presence.</summary>
internal sealed class TopicServer : IAsyncDisposable
{
    private readonly ServiceProvider _services;
    private readonly List<TopicClient> _clients = [];

    public TopicServer(Action<IServiceCollection>? configure = null) => _services = TestServices.Create(services =>
    {
        services.AddSingleton<TopicCalls>().AddSingleton<TimeProvider>(new ManualTimeProvider()).AddSocketRouter();
        services.AddChannels();
        configure?.Invoke(services);
    });

    public ManualTimeProvider Time => (ManualTimeProvider)_services.GetRequiredService<TimeProvider>();

    public TopicCalls Calls => _services.GetRequiredService<TopicCalls>();

    public SocketTopics Topics => _services.GetRequiredService<SocketTopics>();

    public IServiceProvider Services => _services;

    public async Task<TopicClient> ConnectAsync(string user = "ali")
    {
        var socket = Communicator.WebSocket(Consumer.Of<TopicRouter>(), $"/router/{user}").WithServices(_services).WithTimeout(Eventually.Patience);
        await socket.ConnectAsync();
        var client = new TopicClient(socket);
        _clients.Add(client);
        return client;
    }

    /// <summary>From outside of any connection.</summary>
    public async Task<long> PublishAsync(string topic, string text) =>
        (await Topics.PublishAsync(topic, "said", text, TopicTestJson.Default.String)).Offset;

    public async ValueTask DisposeAsync()
    {
        Calls.Gate.Open();
        foreach (var client in _clients)
        {
            await client.DisposeAsync();
        }

        await _services.DisposeAsync();
    }
}

/// <summary>One connection.</summary>
internal sealed class TopicClient(WebSocketCommunicator socket) : IAsyncDisposable
{
    private int _number;

    public WebSocketCommunicator Socket => socket;

    public async Task<JsonElement> ReceiveAsync() => JsonElement.Parse(await socket.ReceiveTextAsync());

    /// <summary>Sends a request and receives the next frame.</summary>
    public async Task<JsonElement> AskAsync(string route, string payload, string headers = "{}")
    {
        await SendAsync(route, payload, headers);
        return await ReceiveAsync();
    }

    public ValueTask SendAsync(string route, string payload, string headers = "{}") => socket.SendTextAsync(RouterClient.Request($"{++_number}", route, payload, headers));

    /// <summary>Joins and gives the payload of the reply.</summary>
    public async Task<JsonElement> JoinAsync(string topic, string more = "")
    {
        var reply = await AskAsync("$join", $$"""{"topic":"{{topic}}"{{more}}}""");
        Assert.That(reply.GetProperty("status").GetInt32(), Is.EqualTo(200), reply.GetRawText());
        return reply.GetProperty("payload");
    }

    /// <summary>The next pushes, as <c>offset payload</c>.</summary>
    public async Task<string[]> ReceiveTextsAsync(int count)
    {
        var texts = new string[count];
        for (var i = 0; i < count; i++)
        {
            var push = await ReceiveAsync();
            texts[i] = $"{push.GetProperty("headers").GetProperty("offset")} {push.GetProperty("payload").GetString()}";
        }

        return texts;
    }

    /// <summary>Nothing has come before the answer to this.</summary>
    public async Task NothingCameAsync() => Assert.That((await AskAsync("PING", "null")).GetProperty("route").GetString(), Is.EqualTo("PONG"));

    public ValueTask DisposeAsync() => socket.DisposeAsync();
}

[System.Text.Json.Serialization.JsonSerializable(typeof(string))]
internal sealed partial class TopicTestJson : System.Text.Json.Serialization.JsonSerializerContext;
