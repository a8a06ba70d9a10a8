using Channels.Tests.Support;

namespace Channels.Tests.Sockets;

/// <summary>Handlers that meet a layer which is away, or full: nothing of theirs is wrong.</summary>
internal sealed class LayerFailureTests : SocketIOFixture
{
    [TestCase(false)]
    [TestCase(true)]
    [Proves("FC-4")]
    public async Task A_handler_that_fails_with_the_layer_is_logged_as_the_layers_episode(bool full)
    {
        var client = await ConnectAsync();
        Layer.Failure = full ? new ChannelFullException("room", 100) : new ChannelLayerUnavailableException("default", "it is away");
        client.Text("21[\"join\",\"a\"]");
        client.Text("22[\"say\",\"a\",\"lost\"]");
        client.Text("23[\"join\",\"b\"]");
        await client.ExpectNothingAsync();
        Assert.Multiple(() =>
        {
            Assert.That(Journal.Logged, Has.One.StartsWith("Warning 2004 "));
            Assert.That(Journal.Logged, Has.None.StartsWith("Error"));
        });
        Layer.Failure = null;
        client.Text("24[\"join\",\"a\"]");
        await client.ExpectAsync("434[]");
    }

    [Test]
    public async Task A_handler_that_fails_by_itself_is_logged_as_such()
    {
        var client = await ConnectAsync();
        client.Text("21[\"fail\"]");
        await client.ExpectNothingAsync();
        Assert.That(Journal.Logged, Has.One.StartsWith("Error 8103 "));
    }
}
