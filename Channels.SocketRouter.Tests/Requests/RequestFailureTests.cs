using System.Diagnostics.Metrics;
using System.Text.Json.Serialization;
using Channels.SocketRouter;
using Channels.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Channels.Tests.SocketRouter;

/// <summary>Whose fault a failure is: of the client, of the layer, or of a handler; and how often it is written.</summary>
public sealed class RequestFailureTests
{
    [TestCase("move", "{}", TestName = "A payload that says nothing about its kind")]
    [TestCase("move", """{"steps":1}""", TestName = "A payload without its kind")]
    [TestCase("move", """{"kind":"fly"}""", TestName = "A payload of an unknown kind")]
    [TestCase("picky", """{"name":""}""", TestName = "A payload that a constructor finds invalid for its state")]
    [TestCase("picky", "{}", TestName = "A payload that a constructor trips over")]
    [Proves("FA-3")]
    public async Task Whatever_a_contract_throws_at_a_payload_is_invalid_data(string route, string payload)
    {
        await using var client = await RouterClient.ConnectAsync<FailingRouter>();

        Assert.That(await client.AskAsync(RouterClient.Request("a", route, payload)), Does.Contain("CallError.InvalidData").And.Contain("400"));
        Assert.That(client.Log.Lines.Select(line => line.Id), Has.All.EqualTo(9004), "nothing but the line for who looks why");
    }

    [Test]
    public void A_contract_that_is_lacking_is_no_fault_of_the_client()
    {
        var request = new SocketRequest(null! /* is not asked */, new("a", "A", null), new Envelope());

        Assert.That(() => request.TryRead<Picky>(null, mayBeNull: false, out _), Throws.InvalidOperationException.With.Message.Contains("no JSON contract"));
    }

    [Test]
    [Proves("FC-4")]
    public async Task What_fails_because_of_the_layer_is_503_counted_and_one_line_about_the_layer()
    {
        await using var client = await RouterClient.ConnectAsync<FailingRouter>();
        var count = 0L;
        var own = client.Services.GetRequiredService<ChannelsMetrics>().Meter;
        using var meters = new MeterListener { InstrumentPublished = (instrument, listener) => { if (ReferenceEquals(instrument.Meter, own) && instrument.Name == "channels.consumer.layer.failures") { listener.EnableMeasurementEvents(instrument); } } };
        meters.SetMeasurementEventCallback<long>((_, value, _, _) => Interlocked.Add(ref count, value));
        meters.Start();

        foreach (var route in new[] { "away", "full", "away" })
        {
            Assert.That(await client.AskAsync(RouterClient.Request("a", route)), Does.Contain("CallError.ServiceUnavailable").And.Contain("503"));
        }

        Assert.That(Interlocked.Read(ref count), Is.EqualTo(3));
        Assert.That(client.Log.Lines.Select(line => line.Id), Is.EqualTo(new[] { 2004 }));

        client.Time.Advance(TimeSpan.FromMinutes(2));
        await client.AskAsync(RouterClient.Request("a", "away"));
        Assert.That(client.Log.Lines.Select(line => line.Id), Is.EqualTo(new[] { 2004, 2004 }), "a new episode");
    }

    [Test]
    [Proves("FG-9")]
    public async Task Of_failures_of_a_handler_the_first_is_written_and_the_others_are_counted()
    {
        await using var client = await RouterClient.ConnectAsync<FailingRouter>();
        for (var i = 0; i < 4; i++)
        {
            Assert.That(await client.AskAsync(RouterClient.Request("a", "trip")), Does.Contain("500"));
        }

        client.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(client.Log.Lines.Select(line => line.Id), Is.EqualTo(new[] { 9001, 1031 }));
        Assert.That(client.Log.Lines[1].Text, Does.StartWith("3 more").And.Contain("FailingRouter: trip"));
    }

    [Test]
    [Proves("FG-9")]
    public async Task Of_frames_that_cannot_be_sent_the_first_is_written_and_the_others_are_counted()
    {
        await using var client = await RouterClient.ConnectAsync<FailingRouter>(middleware: inner => (scope, receive, send) =>
            inner(scope, receive, (message, token) => message is WebSocketSend frame && frame.Payload.Span.IndexOf("200"u8) >= 0 ? throw new InvalidOperationException("of middleware") : send(message, token)));
        for (var i = 0; i < 4; i++)
        {
            await client.SendAsync(RouterClient.Request("a", "fine"));
        }

        Assert.That(await client.AskAsync(RouterClient.Request("b", "trip")), Does.Contain("500"), "requests are handled in order");
        client.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(client.Log.Lines.Where(line => line.Id != 9001).Select(line => line.Id), Is.EqualTo(new[] { 9002, 1031 }));
        Assert.That(client.Log.Lines[^1].Text, Does.StartWith("3 more"));
    }
}

[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web)]
[JsonSerializable(typeof(Move))]
[JsonSerializable(typeof(Picky))]
internal sealed partial class FailingJson : JsonSerializerContext;

[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Walk), "walk")]
internal abstract record Move;

internal sealed record Walk(int Steps) : Move;

internal sealed record Picky
{
    public Picky(string name) => Name = name.Length > 0 ? name : throw new InvalidOperationException("there is no name");

    public string Name { get; }
}

/// <summary>Routes that fail, each in a way of its own.</summary>
[SocketRouter(typeof(FailingJson))]
internal sealed partial class FailingRouter : SocketRouterConsumer
{
    [SocketRoute]
    public void OnMove(Move payload) => ArgumentNullException.ThrowIfNull(payload);

    [SocketRoute]
    public void OnPicky(Picky payload) => ArgumentNullException.ThrowIfNull(payload);

    [SocketRoute]
    public void OnAway() => throw new ChannelLayerUnavailableException("default", "it is away.");

    [SocketRoute]
    public async Task OnFull()
    {
        await Task.Yield();
        throw new ChannelFullException("room", 100);
    }

    [SocketRoute]
    public void OnTrip() => throw new InvalidOperationException("tripped");

    [SocketRoute]
    public void OnFine()
    {
    }
}
