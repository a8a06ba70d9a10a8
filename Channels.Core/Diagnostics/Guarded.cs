namespace Channels;

/// <summary>Runs callbacks of others, such as listeners of metrics and loggers, where their failure has nobody to go to: on threads of the pool it would end the process.</summary>
internal static class Guarded
{
    public static void Run(Action? callback)
    {
        try
        {
            callback?.Invoke();
        }
#pragma warning disable CA1031 // see above
        catch
#pragma warning restore CA1031
        {
        }
    }

    public static void Run<TState>(Action<TState> callback, TState state)
    {
        try
        {
            callback(state);
        }
#pragma warning disable CA1031 // see above
        catch
#pragma warning restore CA1031
        {
        }
    }
}
