using Channels.Routing;

namespace Channels.Tests.Routing;

/// <summary>A router stands around a connection only where it may get it back.</summary>
public sealed class KeptConnectionTests
{
    [TestCase(true)]
    [TestCase(false)]
    public async Task A_node_that_keeps_connections_sends_to_them_itself(bool keeps)
    {
        var node = new Node(keeps);
        Send send = (_, _) => ValueTask.CompletedTask;
        await new UrlRouter { { "a/", node.InvokeAsync } }.InvokeAsync(new WebSocketScope { Path = "/a/" }, _ => default, send);
        Assert.That(ReferenceEquals(node.Sent, send), Is.EqualTo(keeps));
    }

    private sealed class Node(bool keeps) : IApplicationNode
    {
        public Send? Sent { get; private set; }

        public string Description => "node";

        public IReadOnlyList<ApplicationBranch> Branches => [new("", (_, _, _) => Task.CompletedTask)];

        public bool KeepsConnections => keeps;

        public void Prepare(IServiceProvider services)
        {
        }

        public Task InvokeAsync(Scope scope, Receive receive, Send send)
        {
            Sent = send;
            return Task.CompletedTask;
        }
    }
}
