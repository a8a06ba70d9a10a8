using Microsoft.AspNetCore.SignalR;

namespace Channels.Benchmarks;

/// <summary>The same five things every peer does, as a SignalR user writes them.</summary>
internal sealed class BenchHub : Hub
{
    private const string Message = "m";

    public Task Join(string group) => Groups.AddToGroupAsync(Context.ConnectionId, group);

    public Task Echo(string text) => Clients.Caller.SendAsync(Message, text);

    public Task EchoObject(BenchRecord record) => Clients.Caller.SendAsync(Message, record);

    public Task Publish(string group, string text) => Clients.Group(group).SendAsync(Message, text);

    public Task PublishObject(string group, BenchRecord record) => Clients.Group(group).SendAsync(Message, record);
}
