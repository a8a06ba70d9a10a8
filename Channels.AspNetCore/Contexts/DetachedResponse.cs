using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Channels.AspNetCore;

/// <summary>The response of a context that no server has: keeps headers and what is to be done when the real one starts.</summary>
internal sealed class DetachedResponse : HttpResponseFeature
{
    private readonly Stack<(Func<object, Task> Callback, object State)> _starting = new();
    private bool _started;

    public override bool HasStarted => _started;

    public override void OnStarting(Func<object, Task> callback, object state) => _starting.Push((callback, state));

    /// <summary>
    /// Adds to the headers of the real response what was set here: cookies besides its own, other headers where it has none.
    /// Only once; later nothing can be set any more.
    /// </summary>
    public async ValueTask<HeaderList?> StartAsync(HeaderList? own)
    {
        await RunAsync();
        var added = Headers.Where(field => field.Key != HeaderNames.Location && (field.Key == HeaderNames.SetCookie || own?[field.Key] is null)).ToList();
        if (added.Count == 0)
        {
            return own;
        }

        var all = new HeaderList();
        foreach (var (name, value) in own ?? [])
        {
            all.Add(name, value);
        }

        foreach (var (name, values) in added)
        {
            foreach (var value in values)
            {
                all.Add(name, value ?? "");
            }
        }

        return all;
    }

    /// <summary>
    /// As <see cref="StartAsync(HeaderList?)"/>, for a real response that somebody else writes and is about to start. A cookie that it
    /// sets itself is left alone, so that a logout there is not undone by what was renewed here.
    /// </summary>
    public async Task StartAsync(IHeaderDictionary real)
    {
        await RunAsync();
        foreach (var (name, values) in Headers)
        {
            if (name == HeaderNames.SetCookie)
            {
                real.SetCookie = StringValues.Concat(real.SetCookie, values.Where(cookie => !real.SetCookie.Any(own => NameOf(own) == NameOf(cookie))).ToArray());
            }
            else if (name != HeaderNames.Location)
            {
                real.TryAdd(name, values);
            }
        }
    }

    private static string? NameOf(string? cookie) => cookie?.Split('=', 2)[0];

    private async ValueTask RunAsync()
    {
        while (_starting.TryPop(out var due))
        {
            await due.Callback(due.State);
        }

        _started = true;
    }
}
