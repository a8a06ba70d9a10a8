using System.Security.Claims;
using System.Text.Json.Serialization;
using Channels;

namespace Outside.Applications;

/// <summary>What somebody said.</summary>
[Message("chat.said", typeof(ChatJson))]
public sealed partial record ChatSaid(string Who, string Text);

[JsonSerializable(typeof(ChatSaid))]
public sealed partial class ChatJson : JsonSerializerContext;

/// <summary>A chat as an application has it.</summary>
public sealed partial class ChatConsumer : WebSocketConsumer
{
    private string Room => $"chat.{Route["room"]}";

    protected override IEnumerable<string> InitialGroups => [Room];

    protected override ValueTask OnTextAsync(string text) => Groups.SendAsync(Room, new ChatSaid(Scope.User?.Identity?.Name ?? "?", text));

    [Handles]
    private ValueTask ChatSaid(ChatSaid said) => SendTextAsync($"{said.Who}: {said.Text}");
}

/// <summary>Middleware: the user is who the query string says.</summary>
public sealed class NamedUser(Application inner) : ApplicationMiddleware(inner)
{
    public override Task InvokeAsync(Scope scope, Receive receive, Send send) => Inner(scope is RequestScope request ? scope with { User = UserOf(request) } : scope, receive, send);

    private static ClaimsPrincipal UserOf(RequestScope request) =>
        new(new ClaimsIdentity([new Claim(ClaimTypes.Name, request.QueryString)], "query"));
}
